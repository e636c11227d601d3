import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { newDatabase } from './testing/index.ts';
import { isUniqueViolation } from './unique.ts';

const db = await openDatabase<Record<string, never>>(newDatabase(), {});
afterAll(() => db.destroy());

const failure = (statement: string) =>
  sql
    .raw(statement)
    .execute(db)
    .then(
      () => undefined,
      (error: unknown) => error,
    );

test('a taken value is told from every other failure', async () => {
  await sql`create table names (id integer primary key, name varchar(20) not null unique)`.execute(db);
  await sql`insert into names values (1, 'a')`.execute(db);
  expect(isUniqueViolation(await failure(`insert into names values (2, 'a')`))).toBe(true);
  expect(isUniqueViolation(await failure(`insert into names values (1, 'b')`))).toBe(true);
  expect(isUniqueViolation(await failure(`insert into names values (3, null)`))).toBe(false);
  expect(isUniqueViolation(await failure(`insert into nothing values (1)`))).toBe(false);
});
