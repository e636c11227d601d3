import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copySqlite, isSqliteInUse } from './snapshot.ts';

let folder: string;
let writer: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ptsdly-snapshot-'));
});
afterEach(() => {
  writer?.kill('SIGKILL');
  writer = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Moves money between accounts as fast as it can, always 1,000 in all, with a checkpoint every few pages. */
async function startWriter(file: string): Promise<void> {
  const sqlite = fileURLToPath(new URL('./sqlite.ts', import.meta.url));
  const program = `
    const { openSqlite } = await import(${JSON.stringify(sqlite)});
    const { database } = openSqlite(${JSON.stringify(file)});
    database.exec('pragma wal_autocheckpoint = 40; create table accounts (id integer primary key, money integer, note text)');
    for (let i = 0; i < 100; i++) database.exec(\`insert into accounts values (\${i}, 10, hex(randomblob(500)))\`);
    console.log('writing');
    for (let n = 0; ; n++) {
      const [a, b] = [n % 100, (n * 7 + 3) % 100];
      database.exec(\`begin; update accounts set money = money - 1, note = hex(randomblob(500)) where id = \${a};
        update accounts set money = money + 1 where id = \${b}; commit\`);
      if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }`;
  writer = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(writer.stdout as NodeJS.ReadableStream, 'data');
}

test('copies of a database that another process writes are each as it was at one moment', async () => {
  const file = join(folder, 'bank.db');
  await startWriter(file);
  const sums = new Set<unknown>();
  for (let n = 0; n < 15; n++) {
    const copy = join(folder, `copy-${n}.db`);
    await copySqlite(file, copy);
    const database = new DatabaseSync(copy, { readOnly: true });
    sums.add((database.prepare('select sum(money) as money from accounts').get() as { money: number }).money);
    database.close();
    expect([existsSync(`${copy}-wal`), existsSync(`${copy}-shm`)]).toEqual([false, false]);
  }
  expect([...sums]).toEqual([1000]);
  expect(isSqliteInUse(file)).toBe(true);
});

test('one whose process was killed is copied with what its log has; then nobody has it', async () => {
  const file = join(folder, 'bank.db');
  await startWriter(file);
  const ended = once(writer as ChildProcess, 'exit');
  writer?.kill('SIGKILL');
  await ended;
  await copySqlite(file, join(folder, 'copy.db'));
  expect(isSqliteInUse(file)).toBe(false);
  expect(isSqliteInUse(join(folder, 'none.db'))).toBe(false);
});

test('what is no database is refused, and leaves nothing behind', async () => {
  const file = join(folder, 'text.db');
  writeFileSync(file, 'this is a letter and no database at all, however long it is');
  await expect(copySqlite(file, join(folder, 'copy.db'))).rejects.toThrow();
  expect(existsSync(join(folder, 'copy.db'))).toBe(false);
  await expect(copySqlite(join(folder, 'none.db'), join(folder, 'copy.db'))).rejects.toThrow(/ENOENT/);
});
