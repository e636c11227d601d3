import type { CallInput, Event, linksApi } from '@ptsdly/contract';
import { follow, internalPeer, reach, silentLog } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { onEachStore } from '../testing/each-store.ts';
import {
  LEASE_SECONDS,
  type Neighbourhood,
  neighbourhood,
  problemOf,
  targetOf,
  tokens,
} from '../testing/stand-ins.ts';

onEachStore((newUrl) => {
  let here: Neighbourhood;
  beforeAll(async () => {
    here = await neighbourhood({ kvUrl: newUrl() });
  });
  afterAll(() => here.close());

  type Body = Partial<CallInput<typeof linksApi.createLink>['body']>;
  const linkWith = async (limits: Body = {}) =>
    (await here.as('ann')).createLink({ body: { ...targetOf('ann'), ...limits } });
  const revoke = async (id: string, user = 'ann') => (await here.as(user)).revokeLink({ params: { id } });

  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  /** The links feed as the media server of a user follows it. */
  async function mediaFollows(name: string): Promise<Event[]> {
    const seen: Event[] = [];
    const follower = follow({
      ...internalPeer('links', { fetch: (request) => here.service.fetch(request) }, tokens),
      consumer: `server:server-of-${name}`,
      serverId: `server-of-${name}`,
      cursor: { load: async () => 0, save: async () => undefined },
      apply: (event) => void seen.push(event),
      log: silentLog,
    });
    await follower.caughtUp;
    closers.push(() => follower.close());
    return seen;
  }

  function setState(state: 'ready' | 'asleep', away = false): void {
    const server = here.subscriptions.servers.get('server-of-ann');
    if (!server) throw new Error('the stand-in has no server');
    here.subscriptions.servers.set(server.id, { ...server, state });
    if (away) here.subscriptions.servers.delete(server.id);
  }

  test('answers stopped once the media server has applied it', async () => {
    const seen = await mediaFollows('ann');
    const link = await linkWith();
    expect(await revoke(link.id)).toEqual({ stopped: true });
    expect(seen.at(-1)?.data).toEqual({
      type: 'link.changed',
      ...targetOf('ann'),
      linkId: link.id,
      epoch: 2,
      revoked: true,
    });
    expect(await problemOf((await here.as()).openLink({ params: { code: link.code }, body: {} }))).toBe(
      'link_revoked',
    );
  });

  test('waits for a server that does not confirm until that has stopped by itself', async () => {
    const link = await linkWith();
    const started = performance.now();
    expect(await revoke(link.id)).toEqual({ stopped: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(LEASE_SECONDS * 1000);
    const seen = await mediaFollows('ann');
    expect(await revoke(link.id)).toEqual({ stopped: true });
    const mine = seen.filter(({ data }) => 'linkId' in data && data.linkId === link.id);
    expect(mine).toHaveLength(1);
  });

  test('is pending when it cannot wait that long', async () => {
    const link = await linkWith();
    const seen = await mediaFollows('ann');
    await closers.pop()?.(); // it confirms no more
    const answer = revoke(link.id);
    await expect
      .poll(async () => (await here.internal().events({ query: { limit: 1000 } })).items.at(-1)?.data)
      .toMatchObject({ linkId: link.id });
    await here.restart();
    expect(await answer).toEqual({ stopped: 'pending' });
    expect(seen.map(({ data }) => 'linkId' in data && data.linkId)).not.toContain(link.id);
    expect(await revoke(link.id)).toEqual({ stopped: true });
  });

  test('a server that sleeps or is gone serves nothing: stopped at once', async () => {
    const [sleeping, gone] = [await linkWith(), await linkWith()];
    const original = here.subscriptions.servers.get('server-of-ann');
    setState('asleep');
    const started = performance.now();
    expect(await revoke(sleeping.id)).toEqual({ stopped: true });
    setState('asleep', true);
    expect(await revoke(gone.id)).toEqual({ stopped: true });
    expect(performance.now() - started).toBeLessThan(800);
    if (original) here.subscriptions.servers.set(original.id, original);
  });

  test('events of one server do not reach another', async () => {
    const seen = await mediaFollows('ben');
    await revoke((await linkWith()).id);
    expect(seen).toEqual([]);
  });

  test('a revoked link is gone for its owner, stays revoked for its viewers', async () => {
    const link = await linkWith();
    await revoke(link.id);
    const ann = await here.as('ann');
    const params = { id: link.id };
    expect(await problemOf(ann.getLink({ params }))).toBe('not_found');
    expect(await problemOf(ann.updateLink({ params, body: { label: 'x' } }))).toBe('not_found');
    expect(await problemOf(ann.linkStats({ params }))).toBe('not_found');
    const { items } = await ann.listLinks({ query: { limit: 200 } });
    expect(items.map(({ id }) => id)).not.toContain(link.id);
  });

  test('another’s link is as unknown as one that never was', async () => {
    const link = await linkWith();
    for (const user of ['ben', 'ann']) {
      const client = await here.as(user);
      const params = { id: user === 'ben' ? link.id : 'no-such-link' };
      expect(await problemOf(client.getLink({ params }))).toBe('not_found');
      expect(await problemOf(client.updateLink({ params, body: { label: 'mine' } }))).toBe('not_found');
      expect(await problemOf(client.linkStats({ params }))).toBe('not_found');
      expect(await problemOf(client.revokeLink({ params }))).toBe('not_found');
    }
    expect((await (await here.as('ben')).listLinks({})).items).toEqual([]);
    expect((await (await here.as('ann')).getLink({ params: { id: link.id } })).label).toBeNull();
  });

  const soon = () => new Date(Date.now() + 60_000).toISOString();
  const later = () => new Date(Date.now() + 600_000).toISOString();

  test.each<[string, Body, () => Body, boolean]>([
    ['a new password', {}, () => ({ password: 'a' }), true],
    ['no password any more', { password: 'a' }, () => ({ password: null }), false],
    ['an earlier end', { expiresAt: later() }, () => ({ expiresAt: soon() }), true],
    ['a first end', {}, () => ({ expiresAt: soon() }), true],
    ['a later end', { expiresAt: soon() }, () => ({ expiresAt: later() }), false],
    ['a later opening', {}, () => ({ opensAt: soon() }), true],
    ['a shorter clip', { endAt: 10 }, () => ({ endAt: 5 }), true],
    ['a longer clip', { startAt: 5, endAt: 10 }, () => ({ startAt: 0, endAt: null }), false],
    ['no download any more', { allowDownload: true }, () => ({ allowDownload: false }), true],
    ['a label', {}, () => ({ label: 'x' }), false],
    ['fewer views', { maxViews: 5 }, () => ({ maxViews: 1 }), false],
  ])('%s: sessions end = %#', async (_, before, change, ends) => {
    const link = await linkWith(before);
    const feed = here.internal();
    const { items: old } = await feed.events({ query: { limit: 1000 } });
    const ann = await here.as('ann');
    await ann.updateLink({ params: { id: link.id }, body: change() });
    const { items } = await feed.events({ query: { after: old.at(-1)?.seq ?? 0 } });
    const expected = { type: 'link.changed', ...targetOf('ann'), linkId: link.id, epoch: 2, revoked: false };
    expect(items.map(({ data }) => data)).toEqual(ends ? [expected] : []);
  });

  test('the internal surface is closed to users', async () => {
    const peer = reach({ fetch: (request) => here.service.fetch(request) });
    const token = await here.identity.sign('ann', 'links');
    for (const path of ['/internal/events', '/internal/links/AAAAAAAAAAAA/preview']) {
      const request = new Request(peer.baseUrl + path, { headers: { authorization: `Bearer ${token}` } });
      expect((await peer.fetch(request)).status).toBe(403);
    }
  });
});
