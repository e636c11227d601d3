import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Changes } from './changes.ts';
import { type Database, migrations, type Tables } from './schema.ts';
import { Servers } from './servers.ts';
import type { Subscriptions } from './subscriptions.ts';
import { Sweep } from './sweep.ts';
import { freeSubscriptions } from './testing/billing.ts';
import { Cloud, fakeHost, ManualClock } from './testing/fake-host.ts';

let db: Database;
let cloud: Cloud;
let clock: ManualClock;
let sweep: Sweep;
let subscriptions: Subscriptions;
let nudged: string[];

beforeEach(async () => {
  db = await openDatabase<Tables>(newDatabase(), migrations);
  cloud = new Cloud();
  clock = new ManualClock();
  nudged = [];
  const nudge = (id: string) => nudged.push(id);
  const servers = new Servers({ db, clock, bell: new Bell(), changes: new Changes(), log: silentLog });
  const host = fakeHost(
    cloud,
    async () => undefined,
    () => undefined,
  );
  sweep = new Sweep({ servers, host, nudge, clock, log: silentLog });
  subscriptions = freeSubscriptions({ servers, clock });
});

afterEach(() => db.destroy());

const stranger = (state: 'ready' | 'stopped') => {
  const spec = { serverId: 'stranger', ownerId: 'nobody', generation: 1, slug: 's', quotaBytes: 1 };
  cloud.instances.set('stranger', { spec, state });
};

test('an unknown server that runs is marked first, stopped later, and keeps its data', async () => {
  stranger('ready');
  await sweep.once();
  clock.advance(59_000);
  await sweep.once();
  expect(cloud.running()).toEqual(['stranger']);
  clock.advance(1000);
  await sweep.once();
  expect(cloud.running()).toEqual([]);
  expect(cloud.instances.has('stranger')).toBe(true);
  expect(cloud.log).toEqual(['sleep']);
});

test('a mark is lifted when the server is no longer there', async () => {
  stranger('ready');
  await sweep.once();
  stranger('stopped');
  await sweep.once();
  clock.advance(3_600_000);
  stranger('ready');
  await sweep.once();
  expect(cloud.running()).toEqual(['stranger']);
});

test('data of an unknown server that does not run is left alone', async () => {
  stranger('stopped');
  for (let round = 0; round < 3; round++) {
    await sweep.once();
    clock.advance(60_000);
  }
  expect(cloud.log).toEqual([]);
  expect(cloud.instances.size).toBe(1);
});

test('a server that is not as desired is looked at; one that waits or failed for good is not', async () => {
  const { server } = await subscriptions.subscribe('ann', { planId: 'starter' });
  await sweep.once();
  expect(nudged).toEqual([]); // due by itself
  const set = (change: object) => db.updateTable('servers').set(change).execute();
  await set({ state: 'ready', nextRunAt: null });
  await sweep.once();
  expect(nudged).toEqual([server.id]); // the host knows nothing of it
  await set({ state: 'failed', attempts: 1 });
  await sweep.once();
  expect(nudged).toEqual([server.id]);
});

test('a server that is as desired is left alone', async () => {
  const { server } = await subscriptions.subscribe('ann', { planId: 'starter' });
  await db.updateTable('servers').set({ state: 'ready', nextRunAt: null }).execute();
  const spec = { serverId: server.id, ownerId: 'ann', generation: 1, slug: server.slug, quotaBytes: 1 };
  cloud.instances.set(server.id, { spec, state: 'ready' });
  await sweep.once();
  expect(nudged).toEqual([]);
});

test('keys are forgotten after a day', async () => {
  const keyed = { userId: 'ann', key: 'k', hash: 'h' };
  await subscriptions.subscribe('ann', { planId: 'starter' }, keyed);
  const count = async () => (await db.selectFrom('idempotency').selectAll().execute()).length;
  clock.advance(24 * 3600 * 1000 - 1);
  await sweep.once();
  expect(await count()).toBe(1);
  clock.advance(1);
  await sweep.once();
  expect(await count()).toBe(0);
});
