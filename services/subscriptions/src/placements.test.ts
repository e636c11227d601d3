import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Changes } from './changes.ts';
import { storageOf } from './hosts/storage-place.ts';
import { Placements } from './placements.ts';
import { type Database, migrations, type Tables } from './schema.ts';
import { Servers } from './servers.ts';
import { freeSubscriptions } from './testing/billing.ts';
import { ManualClock } from './testing/fake-host.ts';

let db: Database;
let servers: Servers;
const nudged: string[] = [];
const nudge = (id: string) => void nudged.push(id);
const clock = new ManualClock();
const placements = (hasRemote = true) => new Placements({ servers, clock, nudge, hasRemote });
const subscribe = async (storage: 'local' | 'remote') =>
  (await freeSubscriptions({ servers, clock, nudge, storage }).subscribe('ann', { planId: 'starter' }))
    .server;
const row = () => db.selectFrom('servers').selectAll().executeTakeFirstOrThrow();

beforeEach(async () => {
  db = await openDatabase<Tables>(newDatabase(), migrations);
  servers = new Servers({ db, clock, bell: new Bell(), changes: new Changes(), log: silentLog });
  nudged.length = 0;
});
afterEach(() => db.destroy());

test('a move gives a server a new generation, once, and forgets what it told of the last move', async () => {
  const { id, slug } = await subscribe('local');
  await servers.reportMove(id, 7);
  expect(await placements().move(slug, 'remote')).toMatchObject({ id, storage: 'remote', objectsLeft: null });
  expect(await row()).toMatchObject({ generation: 2, storage: 'remote', nextRunAt: clock.now() });
  await placements().move(id, 'remote');
  expect((await row()).generation).toBe(2);
  expect(await placements().move(id, 'local')).toMatchObject({ storage: 'returning' });
  await placements().move(id, 'local');
  expect((await row()).generation).toBe(3);
  await servers.reportMove(id, 0);
  expect(await placements().list()).toMatchObject([{ id, storage: 'returning', objectsLeft: 0 }]);
});

test('a new server lies where the installation says', async () => {
  await subscribe('remote');
  expect((await row()).storage).toBe('remote');
});

test('there must be a remote storage, and the server', async () => {
  const { id } = await subscribe('local');
  await expect(placements(false).move(id, 'remote')).rejects.toMatchObject({ code: 'conflict' });
  await expect(placements().move('nobody', 'remote')).rejects.toMatchObject({ code: 'not_found' });
});

test('a server is told where its objects belong, and where they were', () => {
  const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
  const remote = { url: 's3://bucket/all?region=eu-1', keys };
  const there = 's3://bucket/all/one?region=eu-1';
  const here = 'file:/data/one/objects';
  const of = (storage: 'local' | 'remote' | 'returning') =>
    storageOf({ serverId: 'one', storage }, '/data/one', remote);
  expect(of('local')).toEqual({ storageUrl: here });
  expect(of('remote')).toEqual({ storageUrl: there, formerStorageUrl: here, storageKeys: keys });
  expect(of('returning')).toEqual({ storageUrl: here, formerStorageUrl: there, storageKeys: keys });
  const lending = { url: 's3://bucket/all?region=eu-1&role=arn:aws:iam::1:role/media&sts=http://sts', keys };
  expect(storageOf({ serverId: 'one', storage: 'remote' }, '/data/one', lending)).toEqual({
    ...{ storageUrl: there, formerStorageUrl: here, lentKeys: true },
  });
  expect(() => storageOf({ serverId: 'one', storage: 'remote' }, '/data/one', undefined)).toThrow(
    expect.objectContaining({ name: 'HostError', kind: 'stop' }),
  );
});
