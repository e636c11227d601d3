import { type Kysely, sql } from 'kysely';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engineOf } from './engine.ts';
import { type Migrations, openDatabase, openSchemas } from './index.ts';
import { type MariaDbServer, mariadbMissing, startMariaDb } from './testing/index.ts';

interface Tables {
  counts: { name: string; n: number };
}

const counts: Migrations = {
  '1-counts': {
    async up(db) {
      await sql`create table counts (name varchar(20) primary key, n integer not null)`.execute(db);
    },
  },
};

/** With a server of its own, which it kills and freezes. */
describe.skipIf(mariadbMissing)('a MariaDB', () => {
  let server: MariaDbServer;
  let url: string;
  let made = 0;

  beforeAll(async () => {
    server = await startMariaDb();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    url = await schema('character set utf8mb4 collate utf8mb4_nopad_bin');
  });

  async function schema(options: string): Promise<string> {
    const name = `s${made++}`;
    const connection = await createConnection({ socketPath: server.socket, user: 'root' });
    await connection.query(`create database ${name} ${options}`);
    await connection.end();
    return server.adminUrl.replace('/?', `/${name}?`);
  }

  const read = (db: Kysely<Tables>) => db.selectFrom('counts').selectAll().execute();

  test('that goes away is unavailable, and is used again as soon as it is back', async () => {
    const db = await openDatabase<Tables>(url, counts);
    await db.insertInto('counts').values({ name: 'a', n: 1 }).execute();
    await server.signal('SIGKILL');
    await expect(read(db)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const cut = db.transaction().execute((trx) => trx.updateTable('counts').set({ n: 2 }).execute());
    await expect(cut).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await server.start();
    expect(await read(db)).toEqual([{ name: 'a', n: 1 }]);
    await db.destroy();
  });

  test('that breaks off a transaction takes it back', async () => {
    const db = await openDatabase<Tables>(url, counts);
    const broken = db.transaction().execute(async (trx) => {
      await trx.insertInto('counts').values({ name: 'a', n: 1 }).execute();
      await server.signal('SIGKILL');
      await server.start();
      await trx.insertInto('counts').values({ name: 'b', n: 1 }).execute();
    });
    await expect(broken).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await read(db)).toEqual([]);
    await db.destroy();
  });

  test('that hangs is unavailable after a while, and what it holds up goes on when it wakes', async () => {
    const db = await openDatabase<Tables>(`${url}&patience=1`, counts);
    await read(db);
    await server.signal('SIGSTOP');
    await expect(read(db)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await server.signal('SIGCONT');
    expect(await read(db)).toEqual([]);
    await db.destroy();
  });

  test('runs a transaction again from its start when it was in the way of another', async () => {
    const db = await openDatabase<Tables>(url, counts);
    await db
      .insertInto('counts')
      .values([
        { name: 'a', n: 0 },
        { name: 'b', n: 0 },
      ])
      .execute();
    let runs = 0;
    let held = 0;
    const both = Promise.withResolvers<void>();
    const add = (first: string, second: string) =>
      db.transaction().execute(async (trx) => {
        runs += 1;
        await trx
          .updateTable('counts')
          .set((eb) => ({ n: eb('n', '+', 1) }))
          .where('name', '=', first)
          .execute();
        held += 1;
        if (held === 2) both.resolve();
        await both.promise;
        await trx
          .updateTable('counts')
          .set((eb) => ({ n: eb('n', '+', 1) }))
          .where('name', '=', second)
          .execute();
      });
    await Promise.all([add('a', 'b'), add('b', 'a')]);
    expect(runs).toBe(3);
    expect((await read(db)).map(({ n }) => n)).toEqual([2, 2]);
    await db.destroy();
  });

  test('does so too when the work made another error of it, and commits nothing of it when it made none', async () => {
    const db = await openDatabase<Tables>(url, counts);
    await db
      .insertInto('counts')
      .values([
        { name: 'a', n: 0 },
        { name: 'b', n: 0 },
      ])
      .execute();
    let runs = 0;
    let held = 0;
    const both = Promise.withResolvers<void>();
    const add = (first: string, second: string, cover: (error: unknown) => void) =>
      db.transaction().execute(async (trx) => {
        runs += 1;
        const more = (name: string) =>
          trx
            .updateTable('counts')
            .set((eb) => ({ n: eb('n', '+', 1) }))
            .where('name', '=', name)
            .execute();
        await more(first);
        held += 1;
        if (held === 2) both.resolve();
        await both.promise;
        await more(second).catch(cover);
      });
    const another = () => {
      throw new Error('could not be saved');
    };
    await Promise.all([add('a', 'b', another), add('b', 'a', () => undefined)]);
    expect(runs).toBe(3);
    expect((await read(db)).map(({ n }) => n)).toEqual([2, 2]);
    await db.destroy();
  });

  test('a migration that a crash has cut short is finished at the next start', async () => {
    let crashes = true;
    const migrations: Migrations = {
      ...counts,
      '2-more': {
        async up(db) {
          await sql`create table more (id integer primary key)`.execute(db);
          await sql`alter table counts add column seen integer not null default 0`.execute(db);
          await sql`create index counts_seen on counts (seen)`.execute(db);
          if (crashes) throw new Error('crash');
          await sql`create table most (id integer primary key)`.execute(db);
        },
      },
    };
    await expect(openDatabase(url, migrations)).rejects.toThrow('crash');
    crashes = false;
    const db = await openDatabase<Tables>(url, migrations);
    const { rows } = await sql`show tables like 'mo%'`.execute(db);
    expect(rows).toHaveLength(2);
    await db.destroy();
    const again = await openDatabase(url, migrations);
    await again.destroy();
  });

  test('two that open it at once migrate it once', async () => {
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase<Tables>(url, counts)));
    for (const db of opened) await db.destroy();
    const db = await openDatabase<Tables>(url, counts);
    expect(engineOf(db)).toBe('mariadb');
    await db.destroy();
  });

  test('an empty schema is told how to compare; one with tables has to be right', async () => {
    const other = await schema('character set latin1');
    const db = await openDatabase<Tables>(other, counts);
    await db
      .insertInto('counts')
      .values([
        { name: '가', n: 1 },
        { name: 'a', n: 1 },
        { name: 'A', n: 1 },
      ])
      .execute();
    await db.destroy();
    const wrong = await schema('character set utf8mb4 collate utf8mb4_general_ci');
    const raw = await createConnection({
      uri: wrong.replace(/\?.*/, ''),
      socketPath: server.socket,
      user: 'tester',
      password: 'tester',
    });
    await raw.query('create table t (id integer)');
    await raw.end();
    await expect(openDatabase(wrong, counts)).rejects.toThrow(/utf8mb4_general_ci/);
  });

  test('has a schema and a user for each owner, who can do nothing beside it', async () => {
    const secret = 'a secret of the installation';
    const schemas = openSchemas(server.adminUrl, secret);
    const [mine, other] = [await schemas.urlOf('a'), await schemas.urlOf('b')];
    expect(await schemas.urlOf('a')).toBe(mine);
    const db = await openDatabase<Tables>(mine, counts);
    await db.insertInto('counts').values({ name: 'a', n: 1 }).execute();
    const others = new URL(other).pathname.slice(1);
    expect(
      (await sql<{ Database: string }>`show databases`.execute(db)).rows.map((row) => row.Database),
    ).not.toContain(others);
    for (const act of [
      `select * from ${others}.counts`,
      `create table ${others}.x (a integer)`,
      'create database y',
      'create user z',
    ])
      await expect(sql.raw(act).execute(db), act).rejects.toThrow(/denied/);
    await expect(openDatabase(mine.replace(new URL(mine).pathname, `/${others}`), counts)).rejects.toThrow(
      /denied/,
    );
    await db.destroy();
    const stranger = openSchemas(server.adminUrl, 'another installation on the same MariaDB');
    await stranger.urlOf('a-of-another');
    expect((await schemas.list()).sort()).toEqual(['a', 'b'].map(schemas.nameOf).sort());
    expect(await stranger.list()).toEqual([schemas.nameOf('a-of-another')]);
    await stranger.close();
    await schemas.drop('a');
    await schemas.drop('a');
    expect(await schemas.list()).toEqual([schemas.nameOf('b')]);
    await expect(openDatabase(mine, counts)).rejects.toThrow(/denied/i);
    await schemas.close();
  });

  test('that cannot be opened says why, and not the password', async () => {
    const denied = openDatabase(url.replace('tester:tester', 'tester:wrong-password'), counts);
    await expect(denied).rejects.toThrow(/Access denied/);
    await expect(denied).rejects.not.toThrow(/wrong-password/);
    await expect(openDatabase(server.adminUrl, counts)).rejects.toThrow(/names its schema/);
    await expect(openDatabase(`${url}&shoe=1`, counts)).rejects.toThrow(/no option "shoe"/);
    await expect(openDatabase('mysql://a:b@127.0.0.1:1/x', counts)).rejects.toThrow(/ECONNREFUSED/);
  });
});

test('a scheme that is not known is refused', async () => {
  await expect(openDatabase('oracle:x', {})).rejects.toThrow('there are sqlite: and mysql:');
});
