import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { engineOf } from './engine.ts';
import { type Migrations, openDatabase, upsert } from './index.ts';
import { newDatabase } from './testing/index.ts';

interface Tables {
  words: {
    word: string;
    count: number;
    size: number;
    share: number | null;
    note: string;
    bytes: Uint8Array | null;
  };
}

const migrations: Migrations = {
  '1-words': {
    async up(db) {
      await sql`create table words (word varchar(50) primary key, count integer not null, size bigint not null,
        share double precision, note text not null, bytes blob)`.execute(db);
    },
  },
};

let db: Kysely<Tables>;
let url: string;

beforeEach(async () => {
  url = newDatabase();
  db = await openDatabase<Tables>(url, migrations);
});
afterEach(() => db.destroy());

const row = (word: string, more: Partial<Tables['words']> = {}) => ({
  ...{ word, count: 1, size: 2 ** 52 + 1, share: 0.1 + 0.2, note: '', bytes: null },
  ...more,
});
const insert = (word: string, more?: Partial<Tables['words']>) =>
  db.insertInto('words').values(row(word, more)).execute();
const words = async () =>
  (await db.selectFrom('words').select('word').orderBy('word').execute()).map(({ word }) => word);

describe('values', () => {
  test('come back as they went in', async () => {
    const bytes = new Uint8Array([0, 1, 39, 92, 255]);
    const note = `it's "a" \\ back\\'slash 한국어 😀 \u0000 end `;
    await insert('a', { note, bytes });
    const { bytes: back, ...rest } = await db.selectFrom('words').selectAll().executeTakeFirstOrThrow();
    expect(rest).toEqual({ word: 'a', count: 1, size: 2 ** 52 + 1, share: 0.1 + 0.2, note });
    expect([...(back as Uint8Array)]).toEqual([...bytes]);
  });

  test('sums, counts and averages are numbers', async () => {
    await insert('a');
    await insert('b', { size: 4, share: null });
    const sums = await db
      .selectFrom('words')
      .select((eb) => [
        eb.fn.sum('size').as('sum'),
        eb.fn.countAll().as('all'),
        eb.fn.avg('count').as('mean'),
      ])
      .executeTakeFirstOrThrow();
    expect(sums).toEqual({ sum: 2 ** 52 + 5, all: 2, mean: 1 });
  });

  test('times and truths are bound as text and numbers', async () => {
    const at = new Date('2027-01-02T03:04:05.678Z');
    await sql`insert into words values (${at}, ${true}, 1, 1, ${'x'}, null)`.execute(db);
    expect(await db.selectFrom('words').select(['word', 'count']).execute()).toEqual([
      { word: '2027-01-02T03:04:05.678Z', count: 1 },
    ]);
  });
});

test('strings compare exactly: case, accents, width and blanks count, and the order is that of the code points', async () => {
  const all = ['Z', 'a', 'a ', 'ab', 'A', 'ä', '가', '각', 'ａ', '😀'];
  for (const word of all) await insert(word);
  expect(await words()).toEqual(['A', 'Z', 'a', 'a ', 'ab', 'ä', '가', '각', 'ａ', '😀']);
  const found = await db.selectFrom('words').select('word').where('word', '=', 'a').execute();
  expect(found).toEqual([{ word: 'a' }]);
  const within = await sql<{
    hit: number;
  }>`select instr(word, ${'A'}) > 0 as hit from words where word = 'ab'`.execute(db);
  expect(within.rows).toEqual([{ hit: 0 }]);
});

test('a value that does not fit is an error on MariaDB, not a shorter value', async () => {
  const long = insert('x'.repeat(51));
  if (engineOf(db) === 'mariadb') await expect(long).rejects.toThrow(/too long/);
  else await long;
});

test('a row is inserted or changed; without a change it stays', async () => {
  await upsert(db, 'words', row('a'), ['word'], { count: 5 });
  await upsert(db, 'words', row('a'), ['word'], { count: 5 });
  await upsert(db, 'words', row('a', { count: 9 }), ['word']);
  expect(await db.selectFrom('words').select(['word', 'count']).execute()).toEqual([{ word: 'a', count: 5 }]);
  await expect(upsert(db, 'words', row('b', { note: null as never }), ['word'])).rejects.toThrow(/null/i);
});

test('an update counts the rows that it met, changed or not', async () => {
  await insert('a');
  const met = await db.updateTable('words').set({ count: 1 }).where('word', '=', 'a').executeTakeFirst();
  expect(met.numUpdatedRows).toBe(1n);
});

describe('transactions', () => {
  test('behave as if one ran after another: no count is lost', async () => {
    await insert('a', { count: 0 });
    const add = () =>
      db.transaction().execute(async (trx) => {
        const { count } = await trx.selectFrom('words').select('count').executeTakeFirstOrThrow();
        await trx
          .updateTable('words')
          .set({ count: count + 1 })
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await db.selectFrom('words').select('count').executeTakeFirst()).toEqual({ count: 20 });
  });

  test('what is absent stays absent until the one that looked has ended', async () => {
    const once = (word: string) =>
      db.transaction().execute(async (trx) => {
        const found = await trx.selectFrom('words').select('word').where('count', '=', 7).execute();
        if (found.length === 0)
          await trx
            .insertInto('words')
            .values(row(word, { count: 7 }))
            .execute();
      });
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(once));
    expect(await words()).toHaveLength(1);
  });

  test('undo everything when the work fails', async () => {
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('words').values(row('a')).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await words()).toEqual([]);
  });
});

test('opening it again changes nothing; migrations run once', async () => {
  if (engineOf(db) === 'sqlite') return; // in memory
  await insert('a');
  const again = await openDatabase<Tables>(url, migrations);
  expect(await again.selectFrom('words').select('word').execute()).toEqual([{ word: 'a' }]);
  await again.destroy();
});
