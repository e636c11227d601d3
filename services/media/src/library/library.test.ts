import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, upload } from '../testing/tus-calls.ts';

describe('the library', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig({ generation: 7 });
  });
  afterAll(() => rig.close());

  it('says who it is, without a token', async () => {
    const answer = await rig.call('GET', '/healthz', { open: true });
    expect(JSON.parse(answer.body.toString())).toEqual({
      status: 'ok',
      serverId: 'server-1',
      generation: 7,
    });
    const inProcess = await rig.media.fetch(new Request('http://service/healthz'));
    expect(await inProcess.json()).toMatchObject({ generation: 7 });
  });

  it('lists the newest first, in pages', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift(await announce(rig, 10 + i));
    const first = await rig.client.listVideos({ query: { limit: 2 } });
    const second = await rig.client.listVideos({ query: { limit: 2, cursor: first.nextCursor ?? '' } });
    const third = await rig.client.listVideos({ query: { limit: 2, cursor: second.nextCursor ?? '' } });
    const listed = [...first.items, ...second.items, ...third.items].map(({ id }) => id);
    expect(listed).toEqual(ids);
    expect(third.nextCursor).toBeNull();
  });

  it('is nothing at all to anybody but its owner', async () => {
    const id = await upload(rig, Buffer.from('private'));
    const stranger = await rig.host.token({ sub: 'somebody else' });
    const calls: [string, string][] = [
      ['GET', '/videos'],
      ['GET', `/videos/${id}`],
      ['GET', `/videos/${id}/original`],
      ['GET', `/videos/${id}/poster`],
      ['DELETE', `/videos/${id}`],
      ['POST', `/videos/${id}/play`],
      ['POST', '/uploads'],
      ['PATCH', `/uploads/${id}`],
    ];
    for (const [method, path] of calls) {
      const answer = await rig.call(method, path, { token: stranger });
      expect([method, path, answer.status, answer.problem().code]).toEqual([method, path, 404, 'not_found']);
      const open = await rig.call(method, path, { open: true });
      expect([method, path, open.status]).toEqual([method, path, 401]);
    }
    const elsewhere = await rig.host.token({ aud: 'server:other' });
    expect((await rig.call('GET', '/videos', { token: elsewhere })).status).toBe(401);
    const outside = await rig.call('GET', `/m/other/videos/${id}`);
    expect(outside.status).toBe(404);
  });

  it('reports what it uses, and less of it after a deletion', async () => {
    const before = await eventually(() => rig.host.usage.at(-1));
    const id = await upload(rig, Buffer.alloc(1000));
    await eventually(() => rig.host.usage.at(-1) === before + 1000);
    await rig.client.deleteVideo({ params: { id } });
    await eventually(() => rig.host.usage.at(-1) === before);
    await eventually(() => rig.host.deleted.includes(id));
  });

  it('refuses a title that is none', async () => {
    const id = await announce(rig, 10);
    const patch = (title: string) => rig.client.updateVideo({ params: { id }, body: { title } });
    await expect(patch('   ')).rejects.toMatchObject({ code: 'invalid_fields' });
    await expect(patch('x'.repeat(201))).rejects.toMatchObject({ code: 'invalid_fields' });
    expect((await patch(' Winter ')).title).toBe('Winter');
  });
});
