import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerEvent, serverEvent } from '@ptsdly/contract';
import { forget, type Listener, listen, reach, type Service } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { placesOf } from './hosts/process/places.ts';
import { readNote } from './hosts/process/process-note.ts';
import { openSubscriptions } from './service.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './testing/service.ts';

let folder: ReturnType<typeof testFolder>;
let peers: Peers;
let service: Service;

beforeEach(async () => {
  folder = testFolder();
  peers = await openPeers();
  service = await openSubscriptions(testOptions(folder.path, peers));
});

afterEach(async () => {
  await service.close();
  folder.remove();
});

const UNKNOWN = { params: { id: 'no-such-id' } };
const starter = { body: { planId: 'starter' } };

/** The same tests on both transports: the service called as a function, and over a real socket. */
describe.each(['function', 'socket'] as const)('as a %s', (transport) => {
  let calls: ReturnType<typeof callsOf>;
  let listener: Listener | undefined;

  beforeEach(async () => {
    listener = transport === 'socket' ? await listen(service, { drainMs: 100 }) : undefined;
    calls = callsOf(reach(listener?.address ?? service), peers);
  });
  afterEach(async () => {
    if (listener) forget(listener.address);
    await listener?.close();
  });

  const stateOf =
    (id: string, user = 'ann') =>
    async () =>
      (await calls.as(user).getServer({ params: { id } })).state;
  const becomes = (id: string, state: string) =>
    expect.poll(stateOf(id), { interval: 5, timeout: 15_000 }).toBe(state);

  const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

  test('plans are open to anybody', async () => {
    const { items } = await calls.anybody.plans({});
    expect(items.map(({ id }) => id)).toEqual(['starter', 'plus', 'pro']);
    expect(items[0]?.price).toEqual({ amount: 0, currency: 'KRW', interval: 'month' });
    expect(items.every(({ name }) => name.ko && name.en)).toBe(true);
  });

  test('from subscribe to a server that answers, within a second or so', async () => {
    const begun = performance.now();
    const made = await calls.as('ann').subscribe({ body: { planId: 'plus', serverName: 'Films' } });
    expect(made).toMatchObject({ planId: 'plus', state: 'active', canceledAt: null });
    expect(made.server.slug).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
    expect(made.server).toMatchObject({ state: 'requested', url: `/m/${made.server.slug}` });
    await becomes(made.server.id, 'ready');
    expect(performance.now() - begun).toBeLessThan(5000);

    const server = await calls.as('ann').getServer({ params: { id: made.server.id } });
    expect(server).toMatchObject({ name: 'Films', usedBytes: 0, quotaBytes: 200e9, failure: null });
    expect(server.readyAt).not.toBeNull();
    expect(await calls.as('ann').listServers({})).toEqual({ items: [server], nextCursor: null });
    const address = await calls.internal.serverBySlug({ params: { slug: server.slug } });
    expect(address).toMatchObject({ id: server.id, ownerId: 'ann', state: 'ready' });
    expect(await calls.internal.serverById({ params: { id: server.id } })).toEqual(address);
    const media = reach(address.address as string);
    const health = await media.fetch(new Request(`${media.baseUrl}/healthz`));
    expect(await health.json()).toEqual({ serverId: server.id, generation: 1 });
    forget(address.address as string);
  });

  test('an account has one live subscription, however many ask at once', async () => {
    const asked = Array.from({ length: 8 }, () => calls.as('ann').subscribe(starter));
    const answers = await Promise.allSettled(asked);
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    for (const answer of refused) {
      expect(answer).toMatchObject({ reason: { code: 'already_subscribed', status: 409 } });
    }
    expect((await calls.as('ann').listSubscriptions({})).items).toHaveLength(1);
    expect((await calls.as('ann').listServers({})).items).toHaveLength(1);
  });

  test('servers come newest first and page by page', async () => {
    const ann = calls.as('ann');
    const made: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { id, server } = await ann.subscribe(starter);
      made.unshift(server.id);
      if (i < 2) await ann.cancel({ params: { id }, query: { when: 'now' } });
    }
    const seen: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages < 3; pages++) {
      const { items, nextCursor } = await ann.listServers({ query: { limit: 1, cursor } });
      seen.push(...items.map(({ id }) => id));
      expect(nextCursor).toBe(pages < 2 ? seen.at(-1) : null);
      cursor = nextCursor ?? undefined;
    }
    expect(seen).toEqual(made);
    expect((await calls.as('bob').listServers({ query: { cursor: made[0] } })).items).toEqual([]);
  });

  test('the same key and body give the same answer, also at once; another body is a conflict', async () => {
    const asked = Array.from({ length: 5 }, () => calls.as('ann').subscribe(starter, keyed('k1')));
    const [first, ...others] = await Promise.all(asked);
    for (const other of others) expect(other).toEqual(first);
    await becomes(first?.server.id as string, 'ready');
    expect(await calls.as('ann').subscribe(starter, keyed('k1'))).toEqual(first);
    const plus = { body: { planId: 'plus' } };
    await expect(calls.as('ann').subscribe(plus, keyed('k1'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(calls.as('ann').subscribe(starter, keyed('k2'))).rejects.toMatchObject({
      code: 'already_subscribed',
    });
  });

  test('a key is of one user', async () => {
    const ann = await calls.as('ann').subscribe(starter, keyed('shared'));
    const bob = await calls.as('bob').subscribe(starter, keyed('shared'));
    expect(bob.id).not.toBe(ann.id);
  });

  test('bad input gets its own problem', async () => {
    const { as, anybody } = calls;
    const oddKey = { headers: { 'idempotency-key': 'x'.repeat(256) } };
    await expect(as('ann').subscribe({ body: { planId: 'gold' } })).rejects.toMatchObject({
      code: 'invalid_fields',
      errors: [{ field: 'planId' }],
    });
    await expect(as('ann').subscribe(starter, oddKey)).rejects.toMatchObject({ code: 'bad_request' });
    await expect(as('ann').subscribe({ body: { planId: 'starter', serverName: ' ' } })).rejects.toMatchObject(
      {
        code: 'invalid_fields',
      },
    );
    await expect(anybody.subscribe(starter)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(calls.anybody.listServers({})).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await as('ann').listServers({})).items).toEqual([]);
  });

  test("another's things are not found, the same as unknown ones", async () => {
    const made = await calls.as('ann').subscribe(starter);
    const bob = calls.as('bob');
    const foreign = { params: { id: made.id } };
    const server = { params: { id: made.server.id } };
    const plus = { body: { planId: 'plus' } };
    for (const call of [
      () => bob.getSubscription(foreign),
      () => bob.changePlan({ ...foreign, ...plus }),
      () => bob.cancel(foreign),
      () => bob.getServer(server),
      () => bob.getSubscription(UNKNOWN),
      () => bob.getServer(UNKNOWN),
      () => calls.internal.serverById(UNKNOWN),
      () => calls.internal.serverBySlug({ params: { slug: 'unknown' } }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'not_found' });
    }
    expect((await calls.events('bob', made.server.id)).status).toBe(404);
    expect((await calls.events('bob', 'no-such-id')).status).toBe(404);
    expect((await calls.as('ann').getSubscription(foreign)).state).toBe('active');
  });

  test('another plan brings its quota to the server; less than is stored is a conflict', async () => {
    const made = await calls.as('ann').subscribe({ body: { planId: 'plus' } });
    const which = { params: { id: made.id } };
    await becomes(made.server.id, 'ready');
    expect(await selfOf(made.server.id)).toMatchObject({ quotaBytes: 200e9 });
    expect(await calls.as('ann').changePlan({ ...which, body: { planId: 'pro' } })).toMatchObject({
      planId: 'pro',
    });
    await expect
      .poll(() => selfOf(made.server.id), { timeout: 15_000 })
      .toMatchObject({ quotaBytes: 1000e9 });
    await becomes(made.server.id, 'ready');

    await report(made.server.id, 11e9);
    const smaller = calls.as('ann').changePlan({ ...which, body: { planId: 'starter' } });
    await expect(smaller).rejects.toMatchObject({ code: 'conflict' });
    const unknown = calls.as('ann').changePlan({ ...which, body: { planId: 'gold' } });
    await expect(unknown).rejects.toMatchObject({ code: 'invalid_fields' });
    const server = await calls.as('ann').getServer({ params: { id: made.server.id } });
    expect(server).toMatchObject({ usedBytes: 11e9, quotaBytes: 1000e9, state: 'ready' });
  });

  test('canceling stops the server, keeps its data and frees the account', async () => {
    const made = await calls.as('ann').subscribe(starter);
    const which = { params: { id: made.id } };
    await becomes(made.server.id, 'ready');
    const { address } = await calls.internal.serverById({ params: { id: made.server.id } });
    const canceled = await calls.as('ann').cancel(which);
    expect(canceled).toMatchObject({ state: 'canceled', server: { state: 'suspended' } });
    expect(canceled.canceledAt).not.toBeNull();
    expect(await calls.internal.serverById({ params: { id: made.server.id } })).toMatchObject({
      state: 'suspended',
      address: null,
    });
    await expect.poll(() => existsSync((address as string).slice(5)), { timeout: 10_000 }).toBe(false);
    expect(existsSync(join(folder.path, 'servers', made.server.id, 'config.json'))).toBe(true);

    expect(await calls.as('ann').cancel(which)).toEqual(canceled);
    const changed = calls.as('ann').changePlan({ ...which, body: { planId: 'plus' } });
    await expect(changed).rejects.toMatchObject({ code: 'conflict' });
    const again = await calls.as('ann').subscribe(starter);
    await becomes(again.server.id, 'ready');
    const { items } = await calls.as('ann').listSubscriptions({});
    expect(items.map(({ id }) => id)).toEqual([again.id, made.id]);
  });

  test('the event stream tells the state now and then each change, to its end', async () => {
    const made = await calls.as('ann').subscribe(starter);
    const stream = eventsIn(await calls.events('ann', made.server.id));
    const states: string[] = [];
    for await (const event of stream) {
      expect(event.server.id).toBe(made.server.id);
      if (states.at(-1) !== event.state) states.push(event.state);
      if (event.state === 'ready') await calls.as('ann').cancel({ params: { id: made.id } });
      if (event.state === 'suspended') peers.identity.publish({ type: 'user.deleted', userId: 'ann' });
    }
    // How early the stream begins is a matter of milliseconds; what follows is not.
    const whole = ['requested', 'provisioning', 'starting', 'ready', 'suspended', 'deleting', 'purged'];
    expect(states).toEqual(whole.slice(-states.length));
    expect(states.length).toBeGreaterThanOrEqual(4);
  });

  test('a deleted user leaves nothing behind', async () => {
    const made = await calls.as('ann').subscribe(starter);
    await becomes(made.server.id, 'ready');
    peers.identity.publish({ type: 'user.deleted', userId: 'ann' });
    peers.identity.publish({ type: 'user.deleted', userId: 'ann' });
    const states = async () => {
      const { items } = await calls.internal.events({ query: {} });
      return items.map(({ data }) => (data.type === 'server.changed' ? data.state : data.type));
    };
    await expect.poll(states, { timeout: 15_000 }).toContain('purged');
    expect((await states()).filter((state) => state === 'deleting')).toHaveLength(1);
    expect(readdirSync(join(folder.path, 'servers'))).toEqual(['.pids']);
    expect(readdirSync(join(folder.path, 'servers/.pids'))).toEqual([]);
    expect(readdirSync(join(folder.path, 'run'))).toEqual([]);
    expect((await calls.as('ann').listSubscriptions({})).items).toEqual([]);
    expect((await calls.as('ann').listServers({})).items).toEqual([]);
    const slug = calls.internal.serverBySlug({ params: { slug: made.server.slug } });
    await expect(slug).rejects.toMatchObject({ code: 'not_found' });
    // A token that outlives its user by some seconds makes nothing new.
    await expect(calls.as('ann').subscribe(starter)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('a child that is killed comes back, and its server says so', async () => {
    const made = await calls.as('ann').subscribe(starter);
    await becomes(made.server.id, 'ready');
    const pid = leaderOf(made.server.id);
    process.kill(pid, 'SIGKILL');
    await becomes(made.server.id, 'starting');
    await becomes(made.server.id, 'ready');
    expect(leaderOf(made.server.id)).not.toBe(pid);
  });

  test('internal calls need a service token', async () => {
    const { address = 'http://service' } = listener ?? {};
    const { fetch } = reach(listener?.address ?? service);
    for (const path of ['/internal/events', '/internal/servers/x', '/internal/servers/by-slug/x']) {
      expect((await fetch(new Request(address + path))).status).toBe(403);
    }
    expect((await fetch(new Request(`${address}/readyz`))).status).toBe(200);
  });

  /** The process that its host knows it by. */
  function leaderOf(id: string): number {
    const { note } = placesOf(join(folder.path, 'servers'), join(folder.path, 'run'), id);
    return readNote(note)?.leader.pid ?? 0;
  }

  async function selfOf(id: string): Promise<{ quotaBytes: number }> {
    const { address } = await calls.internal.serverById({ params: { id } });
    if (!address) return { quotaBytes: 0 };
    const { fetch, baseUrl } = reach(address);
    const answer = await fetch(new Request(`${baseUrl}/self`));
    forget(address);
    return (await answer.json()) as { quotaBytes: number };
  }

  async function report(id: string, usedBytes: number): Promise<void> {
    const control = `unix:${placesOf(join(folder.path, 'servers'), join(folder.path, 'run'), id).control}`;
    const { fetch, baseUrl } = reach(control);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ usedBytes });
    expect((await fetch(new Request(`${baseUrl}/usage`, { method: 'PUT', headers, body }))).status).toBe(204);
    forget(control);
  }
});

test('closing ends open streams and every child, soon', async () => {
  const { as, events } = callsOf(service, peers);
  const made = await as('ann').subscribe(starter);
  const stream = eventsIn(await events('ann', made.server.id));
  const all: string[] = [];
  const read = (async () => {
    for await (const { state } of stream) all.push(state);
  })();
  await expect.poll(() => all, { timeout: 10_000 }).toContain('ready');
  const begun = performance.now();
  await service.close();
  expect(performance.now() - begun).toBeLessThan(4500); // less than the grace of a child
  await read;
  expect(readdirSync(join(folder.path, 'servers/.pids'))).toEqual([]);
  service = await openSubscriptions(testOptions(folder.path, peers));
});

test('a restart brings every server back as it was', async () => {
  const made = await callsOf(service, peers).as('ann').subscribe(starter);
  const state = () => callsOf(service, peers).internal.serverById({ params: { id: made.server.id } });
  await expect.poll(state, { timeout: 10_000 }).toMatchObject({ state: 'ready' });
  const before = await state();
  await service.close();
  service = await openSubscriptions(testOptions(folder.path, peers));
  await expect.poll(state, { timeout: 10_000 }).toEqual(before);
  expect(before.address).not.toBeNull();
});

test('with an origin of its own, media has absolute URLs', async () => {
  await service.close();
  const mediaOrigin = 'https://media.example/';
  service = await openSubscriptions({ ...testOptions(folder.path, peers), mediaOrigin });
  const { server } = await callsOf(service, peers).as('ann').subscribe(starter);
  expect(server.url).toBe(`https://media.example/m/${server.slug}`);
});

/** What an EventSource would hand over (HTML Living Standard §9.2.6). */
async function* eventsIn(response: Response): AsyncGenerator<ServerEvent> {
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (!data) continue;
      expect(name).toBe('server');
      yield serverEvent.parse(JSON.parse(data));
    }
  }
}
