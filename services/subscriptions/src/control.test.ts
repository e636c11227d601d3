import { once } from 'node:events';
import { request } from 'node:http';
import {
  type CallInput,
  controlApi,
  createClient,
  type EventData,
  type TranscodeTask,
  transcodesPath,
} from '@ptsdly/contract';
import { forget, reach, type Service } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSubscriptions } from './service.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './testing/service.ts';
import type { Transcoder } from './transcodes.ts';

let folder: ReturnType<typeof testFolder>;
let peers: Peers;
let service: Service;
let ann: { id: string; control: string };
let bob: { id: string; control: string };

beforeEach(async () => {
  folder = testFolder();
  peers = await openPeers();
  service = await openSubscriptions(testOptions(folder.path, peers));
  [ann, bob] = await Promise.all([serverOf('ann'), serverOf('bob')]);
});

afterEach(async () => {
  forget(ann.control);
  forget(bob.control);
  await service.close();
  folder.remove();
});

/** A ready server and the address of its control socket. */
async function serverOf(user: string) {
  const { as, internal } = callsOf(service, peers);
  const { server } = await as(user).subscribe({ body: { planId: 'starter' } });
  const address = async () => (await internal.serverById({ params: { id: server.id } })).address;
  await expect.poll(address, { timeout: 10_000 }).not.toBeNull();
  return { id: server.id, control: ((await address()) as string).replace(/\.sock$/, '.c') };
}

const controlOf = ({ control }: { control: string }) => createClient(controlApi, reach(control));

type Query = NonNullable<CallInput<typeof controlApi.feed>['query']>;
const feedOf = (server: { control: string }, feed: 'links' | 'identity' | 'subscriptions', query: Query) =>
  controlOf(server).feed({ params: { feed }, query });

const types = ({ items }: { items: readonly { data: EventData }[] }) => items.map(({ data }) => data);

test('keys of the issuers come through, are asked for once, and outlast their issuer', async () => {
  const before = peers.links.keyCalls();
  const [one, two] = await Promise.all([
    controlOf(ann).jwks({ params: { issuer: 'links' } }),
    controlOf(bob).jwks({ params: { issuer: 'links' } }),
  ]);
  expect(one.keys).toHaveLength(1);
  expect(two).toEqual(one);
  expect(peers.links.keyCalls() - before).toBe(1);
  peers.links.setAway(true);
  expect(await controlOf(ann).jwks({ params: { issuer: 'links' } })).toEqual(one);
});

test('keys that were never had are unavailable while the issuer is away', async () => {
  peers.links.setAway(true);
  const asked = controlOf(ann).jwks({ params: { issuer: 'links' } });
  await expect(asked).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  peers.links.setAway(false);
  expect((await controlOf(ann).jwks({ params: { issuer: 'links' } })).keys).toHaveLength(1);
});

test('usage is kept with the server that reports it', async () => {
  await controlOf(ann).reportUsage({ body: { usedBytes: 1234 } });
  const [first] = (await callsOf(service, peers).as('ann').listServers({})).items;
  const [other] = (await callsOf(service, peers).as('bob').listServers({})).items;
  expect([first?.usedBytes, other?.usedBytes]).toEqual([1234, 0]);
  const negative = controlOf(ann).reportUsage({ body: { usedBytes: -1 } });
  await expect(negative).rejects.toMatchObject({ code: 'invalid_fields' });
});

test('a card goes to links under the server that sends it', async () => {
  const body = { title: 'Sea', duration: 12.5, width: 1920, height: 1080, posterBase64: null };
  await controlOf(ann).putCard({ params: { videoId: 'v1' }, body });
  expect([...peers.links.cards]).toEqual([[`${ann.id}/v1`, body]]);
});

test('a deleted video becomes an event of ours', async () => {
  await controlOf(ann).videoDeleted({ params: { videoId: 'v1' } });
  const { items } = await callsOf(service, peers).internal.events({ query: {} });
  const expected = { type: 'video.deleted', serverId: ann.id, videoId: 'v1' };
  expect(items.map(({ data }) => data)).toContainEqual(expected);
});

test('feeds are narrowed to the server, whatever the request names', async () => {
  const revoked = { type: 'link.changed', videoId: 'v', linkId: 'l', epoch: 1, revoked: true } as const;
  peers.links.publish({ ...revoked, serverId: bob.id });
  peers.links.publish({ ...revoked, serverId: ann.id });
  const page = await feedOf(ann, 'links', { serverId: bob.id, consumer: 'someone-else' });
  expect(types(page)).toEqual([{ ...revoked, serverId: ann.id }]);
  expect(page.next).toBe(2);

  const own = types(await feedOf(ann, 'subscriptions', {}));
  expect(own.length).toBeGreaterThan(0);
  expect(own.every((data) => 'serverId' in data && data.serverId === ann.id)).toBe(true);
});

test('of identity a server hears only what concerns its owner', async () => {
  const gone = (userId: string) => ({ type: 'session.revoked', sessionId: `of-${userId}`, userId }) as const;
  peers.identity.publish(gone('bob'));
  peers.identity.publish(gone('ann'));
  const page = await feedOf(ann, 'identity', {});
  expect(types(page)).toEqual([gone('ann')]);
  expect(page.next).toBe(2);
});

test('a wait ends with the news', async () => {
  const waiting = feedOf(ann, 'links', { wait: 20 });
  const data = { type: 'link.changed', videoId: 'v', linkId: 'l', epoch: 2, revoked: false } as const;
  peers.links.publish({ ...data, serverId: ann.id });
  expect(types(await waiting)).toHaveLength(1);
});

test('a wait does not hold up the end of the server, and a caller who goes ends it', async () => {
  const abort = new AbortController();
  const { signal } = abort;
  const mine = controlOf(ann).feed({ params: { feed: 'links' }, query: { wait: 30 } }, { signal });
  abort.abort();
  await expect(mine).rejects.toThrow(/abort/i);
  const left = feedOf(bob, 'links', { wait: 30 }).then(types, () => 'cut');
  await expect.poll(() => peers.links.waits).toContain(`server:${bob.id}`);
  const begun = performance.now();
  await service.close();
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(await left).toEqual([]);
  service = await openSubscriptions(testOptions(folder.path, peers));
});

test('a feed that is away is unavailable', async () => {
  peers.links.setAway(true);
  await expect(feedOf(ann, 'links', {})).rejects.toMatchObject({ code: 'unavailable' });
});

test('nothing of the control plane shows on a control socket', async () => {
  for (const path of [
    '/metrics',
    '/healthz',
    '/internal/events',
    '/api/plans',
    '/feeds/web/internal/events',
  ]) {
    expect([404, 422]).toContain(await statusOf(ann.control, path));
  }
});

const task: TranscodeTask = { kind: 'probe', priority: 'viewer', input: { path: 'a.mp4', demuxer: 'mov' } };
const transcode = ({ control }: { control: string }, body: unknown, signal?: AbortSignal) => {
  const { fetch, baseUrl } = reach(control);
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body), signal: signal ?? null };
  return fetch(new Request(`${baseUrl}${transcodesPath}`, init));
};

test('a task goes to the transcoder under the server that asks, whose hanging up ends it', async () => {
  const jobs: Parameters<Transcoder['run']>[0][] = [];
  const transcoder: Transcoder = {
    async *run(job) {
      jobs.push(job);
      yield { state: 'running', seconds: null };
      await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
    },
  };
  await service.close();
  service = await openSubscriptions({ ...testOptions(folder.path, peers), transcoder });
  await expect.poll(() => statusOf(ann.control, '/nothing').catch(() => 0), { timeout: 10_000 }).toBe(404);
  const gone = new AbortController();
  const answer = await transcode(ann, task, gone.signal);
  const { value } = (await answer.body?.getReader().read()) ?? {};
  expect(JSON.parse(Buffer.from(value ?? []).toString())).toEqual({ state: 'running', seconds: null });
  expect(jobs).toMatchObject([{ serverId: ann.id, task, folder: expect.stringContaining(ann.id) }]);
  gone.abort();
  await expect.poll(() => jobs[0]?.signal.aborted).toBe(true);
  expect((await transcode(ann, { ...task, input: { path: '../a', demuxer: 'mov' } })).status).toBe(422);
});

test('without a transcoder every task is unavailable', async () => {
  const answer = await transcode(ann, task);
  expect(await answer.json()).toMatchObject({ state: 'failed', reason: 'unavailable' });
});

async function statusOf(address: string, path: string): Promise<number | undefined> {
  const asked = request({ socketPath: address.slice('unix:'.length), path }).end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}
