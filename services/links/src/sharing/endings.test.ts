import { openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLinks } from '../service.ts';
import { onEachStore } from '../testing/each-store.ts';
import { type Neighbourhood, neighbourhood, problemOf, targetOf, videoNamed } from '../testing/stand-ins.ts';

onEachStore((newUrl) => {
  let here: Neighbourhood;
  beforeEach(async () => {
    here = await neighbourhood({ kvUrl: newUrl() });
  });
  afterEach(() => here.close());

  const linkOf = async (name: string, videoId = `video-of-${name}`) =>
    (await here.as(name)).createLink({ body: { serverId: `server-of-${name}`, videoId } });

  const opening = async (code: string) =>
    problemOf((await here.as()).openLink({ params: { code }, body: {} }));
  const revoked = (...codes: string[]) =>
    vi.waitFor(
      async () => {
        for (const code of codes) expect(await opening(code)).toBe('link_revoked');
      },
      { timeout: 5000, interval: 20 },
    );

  test('a deleted video takes its links and its card with it, and nothing else', async () => {
    here.media.ann?.videos.set('other', videoNamed('other', 'Other'));
    const [one, two, other, bens] = [
      await linkOf('ann'),
      await linkOf('ann'),
      await linkOf('ann', 'other'),
      await linkOf('ben'),
    ];
    here.subscriptions.written.publish({ type: 'video.deleted', ...targetOf('ann') });
    await revoked(one.code, two.code);
    expect([await opening(other.code), await opening(bens.code)]).toEqual(['none', 'none']);
    expect(await problemOf(linkOf('ann'))).toBe('not_found');
    const { items } = await here.internal().events({ query: {} });
    expect(items.map(({ data }) => 'linkId' in data && data.linkId)).toEqual([one.id, two.id]);
  });

  test('a purged server takes all links; one that only changed takes none', async () => {
    here.media.ann?.videos.set('other', videoNamed('other', 'Other'));
    const [one, other, bens] = [await linkOf('ann'), await linkOf('ann', 'other'), await linkOf('ben')];
    const change = (state: string) =>
      here.subscriptions.written.publish({
        type: 'server.changed',
        serverId: 'server-of-ann',
        slug: 'ann-media',
        ownerId: 'ann',
        state,
      });
    change('suspended');
    change('purged');
    await revoked(one.code, other.code);
    expect(await opening(bens.code)).toBe('none');
    expect((await here.internal().events({ query: {} })).items).toHaveLength(2);
  });

  test('a deleted account leaves only tombstones: no link, label, card, click or index', async () => {
    const ann = await here.as('ann');
    const body = { ...targetOf('ann'), label: 'A secret label', password: 'pw' };
    const first = await ann.createLink({ body });
    const second = await linkOf('ann');
    await ann.revokeLink({ params: { id: first.id } });
    await here.service.fetch(
      new Request(`http://service/${second.code}`, { headers: { 'user-agent': 'curl/8' } }),
    );
    const bens = await linkOf('ben');
    here.identity.written.publish({ type: 'user.deleted', userId: 'ann' });
    await revoked(second.code);
    const cursor = { after: 0, limit: 1 };
    await vi.waitFor(async () => {
      const preview = await here.internal().preview({ params: { code: second.code } });
      expect(preview.state).toBe('revoked');
      expect((await here.internal().events({ query: cursor })).items).toHaveLength(1);
    });
    await here.service.close();
    const kv = await openKv(here.linksOptions.kvUrl);
    const all = await kv.scan({ prefix: '', limit: 1000 });
    const text = JSON.stringify(all);
    for (const code of [first.code, second.code]) {
      expect(await kv.get(`code/${code}`)).toEqual(['', null, null, 'revoked']);
    }
    expect(text).not.toContain('A secret label');
    expect(text).not.toContain('Film of ann');
    const left = all.filter(
      ({ key, value }) => JSON.stringify([key, value]).includes(first.id) || key.includes('ann'),
    );
    expect(
      left.map(({ key }) => key.split('/')[0]).filter((kind) => kind !== 'outbox' && kind !== 'gone'),
    ).toEqual([]);
    expect(await kv.get(`link/${bens.id}`)).toBeDefined();
    await kv.close();
    await here.restart();
  });

  test('opening and closing do not wait for peers that are away, and their news come when they are back', async () => {
    const link = await linkOf('ann');
    await here.service.close();
    const started = performance.now();
    const away = {
      ...here.linksOptions,
      identity: 'http://127.0.0.1:9',
      subscriptions: 'unix:/nowhere/at-all.sock',
    };
    const alone = await openLinks(away);
    expect((await alone.fetch(new Request(`http://service/${link.code}`))).status).toBe(302);
    await alone.close();
    expect(performance.now() - started).toBeLessThan(2000);
    here.subscriptions.written.publish({ type: 'video.deleted', ...targetOf('ann') });
    await here.restart();
    await revoked(link.code);
  });
});
