import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEvent, openDatabase, openSchemas } from '@ptsdly/db';
import { type MariaDbServer, mariadbMissing, startMariaDb } from '@ptsdly/db/testing';
import { migrations } from '@ptsdly/identity';
import { openKv } from '@ptsdly/kv';
import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig, serviceNames } from './config.ts';
import { migrateStore } from './migrate-store.ts';

describe.skipIf(mariadbMissing ?? redisMissing)('moving a store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ptsdly-migrate-'));
  const config = readConfig(serviceNames, { PTSDLY_DATA: folder });
  let maria: MariaDbServer;
  let redis: RedisServer;

  beforeAll(async () => {
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
