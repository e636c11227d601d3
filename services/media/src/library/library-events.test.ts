import { afterAll, beforeAll, expect, it } from 'vitest';
import { LibraryReader } from '../testing/library-reader.ts';
import { openRig, type Rig } from '../testing/server.ts';
import { announce } from '../testing/tus-calls.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

it('tells the owner what changes, as it changes', async () => {
  const [one, two] = [await LibraryReader.open(rig), await LibraryReader.open(rig)];
  expect(one.events[0]).toEqual({ type: 'ready' });
  const id = await announce(rig, 10);
  await one.until((event) => event.type === 'video' && event.video.id === id);
  await rig.client.updateVideo({ params: { id }, body: { title: 'Winter' } });
  for (const reader of [one, two]) {
    const event = await reader.until(({ type, ...rest }) => JSON.stringify(rest).includes('Winter'));
    expect(event).toMatchObject({ type: 'video', video: { id, title: 'Winter', jobs: [] } });
  }
  await rig.client.deleteVideo({ params: { id } });
  await one.until((event) => event.type === 'video.deleted' && event.id === id);
});

it('tells of many changes at once, and of folders, as one', async () => {
  const reader = await LibraryReader.open(rig);
  const folder = { 'content-type': 'application/json' };
  await rig.call('POST', '/folders', { headers: folder, body: JSON.stringify({ name: 'a' }) });
  await reader.until(({ type }) => type === 'library');
});

it('is for nobody else, and ends with the sign-in', async () => {
  expect((await rig.call('GET', '/events', { open: true })).status).toBe(401);
  const stranger = await rig.host.token({ sub: 'somebody else' });
  expect((await rig.call('GET', '/events', { token: stranger })).status).toBe(404);
  const reader = await LibraryReader.open(rig);
  rig.host.publish('identity', { type: 'session.revoked', sessionId: 'sid-1', userId: 'owner-1' });
  await reader.closed;
});
