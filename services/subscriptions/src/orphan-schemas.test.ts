import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Changes } from './changes.ts';
import { OrphanSchemas } from './orphan-schemas.ts';
import { type Database, migrations, type Tables } from './schema.ts';
import { Servers } from './servers.ts';
import { freeSubscriptions } from './testing/billing.ts';
import { ManualClock } from './testing/fake-host.ts';

const TEN_MINUTES = 600_000;

let db: Database;
let clock: ManualClock;
let there: Set<string>;
let warnings: object[];
let orphans: OrphanSchemas;
let serverId: string;

const nameOf = (id: string) => `schema of ${id}`;

beforeEach(async () => {
  db = await openDatabase<Tables>(newDatabase(), migrations);
  clock = new ManualClock();
  there = new Set();
  warnings = [];
  const servers = new Servers({ db, clock, bell: new Bell(), changes: new Changes(), log: silentLog });
  const schemas = {
    nameOf,
    list: async () => [...there],
    drop: async (id: string) => void there.delete(nameOf(id)),
  };
  const log = { ...silentLog, warn: (about: object) => void warnings.push(about) };
  orphans = new OrphanSchemas({ servers, schemas, clock, log });
  const subscription = await freeSubscriptions({ servers, clock }).subscribe('ann', { planId: 'starter' });
  serverId = subscription.server.id;
  there.add(nameOf(serverId));
});
afterEach(() => db.destroy());

const later = async () => {
  clock.advance(TEN_MINUTES);
  await orphans.once();
};

test('the schema of a server that is not purged is left alone, whatever its state', async () => {
  for (const state of ['requested', 'ready', 'asleep', 'suspended', 'failed', 'deleting'] as const) {
    await db.updateTable('servers').set({ state }).execute();
    await later();
  }
  expect(there).toContain(nameOf(serverId));
  expect(warnings).toEqual([]);
});

test('one of a purged server is told of first and dropped later, once', async () => {
  await db.updateTable('servers').set({ state: 'purged' }).execute();
  await orphans.once();
  clock.advance(TEN_MINUTES - 1);
  await orphans.once();
  expect(there).toContain(nameOf(serverId));
  expect(warnings).toHaveLength(1);
  clock.advance(1);
  await orphans.once();
  expect(there.size).toBe(0);
  await later();
  expect(warnings).toHaveLength(2);
});

test('one that no row knows is told of once, and never dropped', async () => {
  there.add(nameOf('stranger'));
  for (let look = 0; look < 5; look++) await later();
  expect(there).toContain(nameOf('stranger'));
  expect(warnings).toEqual([{ schema: nameOf('stranger'), serverId: undefined }]);
});

test('a mark is lifted when the schema is no longer there', async () => {
  await db.updateTable('servers').set({ state: 'purged' }).execute();
  await orphans.once();
  there.clear();
  await later();
  there.add(nameOf(serverId));
  await later();
  expect(there).toContain(nameOf(serverId));
});
