import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Migrations, openDatabase } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const statements = [
  'create table words (word text primary key)',
  "insert into words values ('house')",
  "alter table words add column note text not null default ''",
];

const migrations = (amid?: () => void): Migrations => ({
  '1-first': { up: async (db) => void (await sql.raw('create table first (id text)').execute(db)) },
  '2-words': {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
      amid?.();
    },
  },
});

/** Opens the database in a process that is killed before the last change of its schema has ended. */
async function openAndDie(url: string): Promise<NodeJS.Signals | null> {
  const index = JSON.stringify(new URL('./index.ts', import.meta.url).href);
  const program = `import { sql } from 'kysely';
    import { openDatabase } from ${index};
    await openDatabase(${JSON.stringify(url)}, { '2-words': { async up(db) {
      for (const statement of ${JSON.stringify(statements)}) await sql.raw(statement).execute(db);
      process.kill(process.pid, 'SIGKILL');
    } } });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = await once(child, 'exit');
  return signal;
}

test('a process that is killed amid its migrations leaves a database that the next one brings up to date', async () => {
  const url = `sqlite:${join(folder, 'a.db')}`;
  expect(await openAndDie(url)).toBe('SIGKILL');
  const db = await openDatabase(url, migrations());
  expect((await sql`select * from words`.execute(db)).rows).toEqual([{ word: 'house', note: '' }]);
  await db.destroy();
});

test('a migration that fails changes nothing', async () => {
  const url = `sqlite:${join(folder, 'a.db')}`;
  const failing = migrations(() => {
    throw new Error('no');
  });
  await expect(openDatabase(url, failing)).rejects.toThrow('no');
  const db = await openDatabase(url, {});
  const tables = sql<{ name: string }>`select name from sqlite_schema where name in ('first', 'words')`;
  expect((await tables.execute(db)).rows).toEqual([]);
  await db.destroy();
});
