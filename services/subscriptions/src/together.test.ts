import type { Service } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeSubscriptions } from './service.ts';
import { Cloud, fakeHost, ManualClock } from './testing/fake-host.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './testing/service.ts';

let folder: ReturnType<typeof testFolder>;
let cloud: Cloud;
let clock: ManualClock;
let peers: Peers;
let planes: Service[];

beforeEach(async () => {
  folder = testFolder();
  cloud = new Cloud();
  clock = new ManualClock();
  peers = await openPeers();
  planes = [];
});

afterEach(async () => {
  for (const plane of planes) await plane.close();
  folder.remove();
});

/** A control plane; with an embedded database there is one at a time. */
async function open(): Promise<Service> {
  const options = testOptions(folder.path, peers);
  const isShared = !options.databaseUrl.startsWith('sqlite:');
  const [running] = planes;
  if (running && !isShared) return running;
  const service = await composeSubscriptions(options, {
    openHost: async (_, { changed }) => fakeHost(cloud, async () => undefined, changed),
    clock,
    random: Math.random,
  });
  planes.push(service);
  return service;
}

const subscribe = (plane: Service, user: string, key?: string) =>
  callsOf(plane, peers)
    .as(user)
    .subscribe(
      { body: { planId: 'starter' } },
      key === undefined ? {} : { headers: { 'idempotency-key': key } },
    )
    .then(
      ({ id }) => id,
      (problem: { code: string }) => problem.code,
    );

test('of many who subscribe the same account at once, one is first, whichever control plane they ask', async () => {
  const both = [await open(), await open()];
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => subscribe(both[n % 2] as Service, 'ann')),
  );
  expect(answers.filter((answer) => answer === 'already_subscribed')).toHaveLength(9);
  await expect.poll(() => cloud.running().length).toBe(1);
});

test('many accounts subscribe at once, and each gets one server', async () => {
  const both = [await open(), await open()];
  const users = Array.from({ length: 20 }, (_, n) => `user-${n}`);
  const ids = await Promise.all(users.map((user, n) => subscribe(both[n % 2] as Service, user)));
  expect(new Set(ids).size).toBe(20);
  await expect.poll(() => cloud.running().length, { timeout: 20_000 }).toBe(20);
  expect(cloud.instances.size).toBe(20);
});

test('the same key gives the same answer, also at once and from either', async () => {
  const both = [await open(), await open()];
  const ids = await Promise.all(
    Array.from({ length: 6 }, (_, n) => subscribe(both[n % 2] as Service, 'ann', 'k')),
  );
  expect(new Set(ids).size).toBe(1);
});

test('a feed tells what either writes, in order', async () => {
  const both = [await open(), await open()];
  const users = Array.from({ length: 8 }, (_, n) => `user-${n}`);
  await Promise.all(users.map((user, n) => subscribe(both[n % 2] as Service, user)));
  await expect.poll(() => cloud.running().length).toBe(8);
  const page = (plane: Service) => callsOf(plane, peers).internal.events({ query: {} });
  await expect.poll(async () => (await page(both[0] as Service)).items.length).toBeGreaterThanOrEqual(16);
  const seqs = (await page(both[0] as Service)).items.map(({ seq }) => seq);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  expect((await page(both[1] as Service)).items.slice(0, 8)).toEqual(
    (await page(both[0] as Service)).items.slice(0, 8),
  );
});
