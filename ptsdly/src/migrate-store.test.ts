import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEvent, openDatabase, openSchemas } from '@ptsdly/db';
import { type MariaDbServer, mariadbMissing, startMariaDb } from '@ptsdly/db/testing';
import { migrations } from '@ptsdly/identity';
import { openKv } from '@ptsdly/kv';
import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { migrations as media } from '@ptsdly/media';
import { type Tables as Subscriptions, migrations as subscriptions } from '@ptsdly/subscriptions';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig, serviceNames } from './config.ts';
import { keptSecret, prepareData } from './data-folder.ts';
import { migrateStore } from './migrate-store.ts';

describe.skipIf(mariadbMissing ?? redisMissing)('moving a store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ptsdly-migrate-'));
  const config = readConfig(serviceNames, { PTSDLY_DATA: folder });
  let maria: MariaDbServer;
  let redis: RedisServer;

  beforeAll(async () => {
    prepareData(folder);
    [maria, redis] = [await startMariaDb(), await startRedis()];
    const db = await openDatabase<Tables>(config.identityDatabase, migrations);
    const at = '2027-01-02T03:04:05.678Z';
    for (let n = 0; n < 1200; n++) {
      const email = `${n}-가@example.test`;
      const row = { id: `u${n}`, name: `Kim ${n}`, email, emailVerified: 1, createdAt: at, updatedAt: at };
      await db.insertInto('user').values(row).execute();
    }
    const jpeg = new Uint8Array([0, 255, 39, 92]);
    await db.insertInto('picture').values({ userId: 'u7', hash: 'h', jpeg }).execute();
    for (let n = 0; n < 3; n++) await db.transaction().execute((trx) => appendEvent(trx as never, { n }));
    await db.destroy();
    const kv = await openKv(config.linksStore);
    for (let n = 0; n < 500; n++) await kv.put(`key-${n}`, { n });
    await kv.close();
  });
  afterAll(async () => {
    await maria?.close();
    await redis?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Tables {
    user: Record<string, unknown>;
    picture: Record<string, unknown>;
    outbox_head: { seq: number };
    settings: { name: string; value: string };
  }

  async function schema(name: string): Promise<string> {
    const schemas = openSchemas(maria.adminUrl, 'a secret of the tests');
    const url = await schemas.urlOf(name);
    await schemas.close();
    // As the admin, who may make a trigger.
    return maria.adminUrl.replace('/?', `${new URL(url).pathname}?`);
  }

  test('takes every row to MariaDB, in the middle of which it may be interrupted', async () => {
    const to = await schema('moved');
    const target = await openDatabase<Tables>(to, migrations);
    await sql`create trigger full before insert on picture for each row signal sqlstate '45000' set message_text = 'cut'`.execute(
      target,
    );
    await expect(migrateStore(config, ['identity', to])).rejects.toThrow(/identity was not moved: cut/);
    await sql`drop trigger full`.execute(target);
    const lines = await migrateStore(config, ['identity', to]);
    expect(lines).toContain('identity: user, 1200 rows, all the same there');
    expect(lines.at(-1)).toBe('now set PTSDLY_IDENTITY_DATABASE');
    const picture = await target.selectFrom('picture').selectAll().executeTakeFirstOrThrow();
    expect([...(picture.jpeg as Uint8Array)]).toEqual([0, 255, 39, 92]);
    expect(await target.selectFrom('outbox_head').select('seq').execute()).toEqual([{ seq: 3 }]);
    await target.destroy();
    await expect(migrateStore(config, ['identity', to])).rejects.toThrow(/the target is not empty/);
  });

  test('takes subscriptions and the libraries of media servers along, which are found again', async () => {
    const at = '2027-01-02T03:04:05.678Z';
    const made = await openDatabase<Subscriptions>(config.subscriptionsDatabase, subscriptions);
    const row = (n: number) => ({
      ...{
        id: `server-${n}`,
        slug: `slug-${n}`,
        ownerId: `u${n}`,
        name: '가족',
        desired: 'running' as const,
      },
      ...{ generation: 3, quotaBytes: 2 ** 40, usedBytes: 5, storage: 'local' as const, objectsLeft: null },
      ...{ state: 'ready' as const, failure: null, createdAt: at, readyAt: at, nextRunAt: null, attempts: 0 },
      ...{ lastError: null, leaseOwner: null, leaseUntil: null, wakeAt: null, databasePlace: null },
    });
    for (const n of [1, 2]) await made.insertInto('servers').values(row(n)).execute();
    await made.destroy();
    const file = (n: number) => `sqlite:${join(folder, 'servers', `server-${n}`, 'media.db')}`;
    for (const n of [1, 2]) {
      const library = await openDatabase<Tables>(file(n), media);
      for (let i = 0; i < 700 * n; i++)
        await library
          .insertInto('settings')
          .values({ name: `s${i}`, value: `값 ${n}` })
          .execute();
      await library.destroy();
    }

    await migrateStore(config, ['subscriptions', await schema('subscribed')]);
    const busy = await openDatabase(file(2), media);
    await expect(migrateStore(config, ['servers', maria.adminUrl])).rejects.toThrow(/not moved: .*in use/);
    await busy.destroy();
    const lines = await migrateStore(config, ['servers', maria.adminUrl]); // goes on with the second
    expect(lines.map((line) => line.split(':')[0])).toEqual(['slug-2', 'now set PTSDLY_SERVER_DATABASE']);
    expect(await migrateStore(config, ['servers', maria.adminUrl])).toEqual(lines.slice(-1));

    const rows = await openDatabase<Subscriptions>(config.subscriptionsDatabase, subscriptions);
    const servers = await rows.selectFrom('servers').selectAll().orderBy('id').execute();
    await rows.destroy();
    for (const server of servers)
      expect(server).toMatchObject({ databasePlace: 'schema', generation: 4, leaseOwner: null });
    const schemas = openSchemas(maria.adminUrl, keptSecret(folder, 'service.key'));
    for (const n of [1, 2]) {
      const library = await openDatabase<Tables>(await schemas.urlOf(`server-${n}`), media);
      const { value } = await library
        .selectFrom('settings')
        .select('value')
        .where('name', '=', `s${700 * n - 1}`)
        .executeTakeFirstOrThrow();
      expect(value).toBe(`값 ${n}`);
      await library.destroy();
    }
    await schemas.close();
  });

  test('takes every key to Redis, once', async () => {
    const to = redis.url('moved');
    expect(await migrateStore(config, ['links', to])).toContain('links: 500 keys, all the same there');
    const kv = await openKv(to);
    expect(await kv.get('key-499')).toEqual({ n: 499 });
    await kv.close();
    await expect(migrateStore(config, ['links', to])).rejects.toThrow(/the target is not empty/);
  });

  test('says how it is called, and what is in the way', async () => {
    await expect(migrateStore(config, ['identity'])).rejects.toThrow(/ptsdly migrate-store/);
    await expect(migrateStore(config, ['gateway', 'mysql://x/y'])).rejects.toThrow(/ptsdly migrate-store/);
    const kv = await openKv(config.linksStore);
    await expect(migrateStore(config, ['links', redis.url('other')])).rejects.toThrow(
      /links was not moved: .*in use/,
    );
    await kv.close();
  });
});
