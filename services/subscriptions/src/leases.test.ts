import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Changes } from './changes.ts';
import { Leases } from './leases.ts';
import { type Database, migrations, type ServerRow, type Tables } from './schema.ts';
import { Servers } from './servers.ts';
import type { Subscriptions } from './subscriptions.ts';
import { freeSubscriptions } from './testing/billing.ts';
import { ManualClock } from './testing/fake-host.ts';

const SETTLED = { nextRunAt: null, attempts: 0, lastError: null };

let db: Database;
let clock: ManualClock;
let one: Leases;
let two: Leases;
let subscriptions: Subscriptions;
let id: string;

beforeEach(async () => {
  db = await openDatabase<Tables>(newDatabase(), migrations);
  clock = new ManualClock();
  const servers = new Servers({ db, clock, bell: new Bell(), changes: new Changes(), log: silentLog });
  one = new Leases(servers, clock, 'one');
  two = new Leases(servers, clock, 'two');
  subscriptions = freeSubscriptions({ servers, clock });
  id = (await subscriptions.subscribe('ann', { planId: 'starter' })).server.id;
});

afterEach(() => db.destroy());

const rowNow = () => db.selectFrom('servers').selectAll().executeTakeFirstOrThrow();
const events = async () => (await db.selectFrom('outbox').selectAll().execute()).length;
const claimed = async (leases: Leases) => (await leases.claim(id)) as ServerRow;

test('one loop at a time holds a server, and gives it back', async () => {
  const row = await claimed(one);
  expect(await two.claim(id)).toBeUndefined();
  expect(await two.due(10)).toEqual([]);
  await one.release(row, { ...SETTLED, nextRunAt: clock.now() });
  expect(await two.due(10)).toEqual([id]);
  expect(await two.claim(id)).toMatchObject({ id, leaseOwner: 'two' });
});

test('a lease ends by itself, and what its holder writes afterwards does not count', async () => {
  const row = await claimed(one);
  clock.advance(60_000);
  await claimed(two);
  const before = await events();
  expect(await one.record(row, { state: 'ready', failure: null })).toBeUndefined();
  await one.release(row, SETTLED);
  expect(await rowNow()).toMatchObject({ state: 'requested', leaseOwner: 'two' });
  expect(await events()).toBe(before);
});

test('a change of state is an event; the same state again is none', async () => {
  const before = await events();
  const row = (await one.record(await claimed(one), { state: 'starting', failure: null })) as ServerRow;
  await one.record(row, { state: 'starting', failure: null });
  expect((await events()) - before).toBe(1);
});

test('ready is noted with its time, the first time', async () => {
  const row = (await one.record(await claimed(one), { state: 'ready', failure: null })) as ServerRow;
  const readyAt = new Date(clock.now()).toISOString();
  clock.advance(5000);
  const again = (await one.record(row, { state: 'starting', failure: null })) as ServerRow;
  await one.record(again, { state: 'ready', failure: null });
  expect(await rowNow()).toMatchObject({ state: 'ready', readyAt });
});

test('who changes what a server is meant to be is not overwritten, and is heard at once', async () => {
  const row = await claimed(one);
  const [subscription] = await subscriptions.list('ann');
  await subscriptions.cancel('ann', subscription?.id as string, 'now');
  expect(await one.record(row, { state: 'ready', failure: null })).toBeUndefined();
  await one.release(row, SETTLED);
  expect(await rowNow()).toMatchObject({ state: 'suspended', desired: 'stopped', nextRunAt: clock.now() });
  expect(await two.due(10)).toEqual([id]);
});

test('of a purged server only its slug stays', async () => {
  await subscriptions.userDeleted('ann');
  const { slug } = await rowNow();
  await one.record(await claimed(one), { state: 'purged', failure: null });
  expect(await rowNow()).toMatchObject({ slug, ownerId: '', name: '', usedBytes: 0, state: 'purged' });
  expect(await db.selectFrom('subscriptions').selectAll().execute()).toEqual([]);
});

test('a start takes up what waits or has failed, and drops leases only where it is alone', async () => {
  await one.release(await claimed(one), { nextRunAt: null, attempts: 3, lastError: 'no' });
  await two.recover(false);
  expect(await rowNow()).toMatchObject({ nextRunAt: clock.now(), attempts: 0, lastError: null });
  await claimed(one);
  await two.recover(false);
  expect(await two.due(10)).toEqual([]);
  await two.recover(true);
  expect(await two.due(10)).toEqual([id]);
});
