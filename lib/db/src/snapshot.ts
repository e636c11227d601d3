import { existsSync } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { type OutboxTables, skipEvents } from './outbox.ts';
import { openSqlite } from './sqlite.ts';

const ATTEMPTS = 100;
const CHUNK = 1024 * 1024;
/** Bytes of a write-ahead log's header (sqlite.org/fileformat2.html#walformat); its salts change when the log begins anew. */
const HEADER = 32;

/**
 * Copies a SQLite database in WAL mode, as it is at one moment, while another process has it open and writes. Between two
 * checkpoints the database file stands still and the log only grows, and an unfinished end of the log does not count;
 * so the two are copied, and once more where a checkpoint came between. The copy is one file, checked and on disk.
 * Rejects where there is no such database or no copy is sound. Not for a file that this process has open itself: to close
 * another handle of it would give up its locks (POSIX advisory locks, fcntl(2)).
 */
export async function copySqlite(file: string, target: string): Promise<void> {
  try {
    for (let attempt = 1; !(await copiedBetweenCheckpoints(file, target)); attempt++) {
      if (attempt === ATTEMPTS) throw new Error(`${file} changes too fast to be copied`);
      await sleep(Math.random() * 20);
    }
    settle(target);
    await flush(target);
  } catch (error) {
    for (const end of ['', '-wal', '-shm']) await rm(target + end, { force: true });
    throw error;
  }
}

async function copiedBetweenCheckpoints(file: string, target: string): Promise<boolean> {
  const before = await stateOf(file);
  await copyBytes(file, target);
  await rm(`${target}-wal`, { force: true });
  if (existsSync(`${file}-wal`)) await copyBytes(`${file}-wal`, `${target}-wal`);
  return before === (await stateOf(file));
}

/** Changes with every checkpoint, and not with what is only appended to the log. */
async function stateOf(file: string): Promise<string> {
  const { mtimeNs, size, ino } = await stat(file, { bigint: true });
  const log = await open(`${file}-wal`, 'r').catch(absent);
  const header = Buffer.alloc(HEADER);
  if (log) await log.read(header, 0, HEADER, 0).finally(() => log.close());
  return [ino, size, mtimeNs, header.toString('hex')].join();
}

async function copyBytes(from: string, to: string): Promise<void> {
  const source = await open(from, 'r').catch(absent);
  if (!source) return; // a log that went with a checkpoint, which `stateOf` tells
  try {
    const target = await open(to, 'w', 0o600);
    try {
      await pour(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** By reading, never by sharing blocks: the source goes on changing. */
async function pour(source: FileHandle, target: FileHandle): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; ; ) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK, at);
    if (bytesRead === 0) return;
    await target.write(buffer, 0, bytesRead, at);
    at += bytesRead;
  }
}

/** Takes what the log says into the file, and looks whether all is well. */
function settle(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = delete;');
    const found = database.prepare('pragma integrity_check').get() as { integrity_check?: unknown };
    if (found.integrity_check !== 'ok')
      throw new Error(`the copy of ${file} is damaged: ${String(found.integrity_check)}`);
  } finally {
    database.close();
  }
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** `skipEvents` in the SQLite file of a service that does not run. */
export async function skipEventsIn(file: string, count: number): Promise<void> {
  const db = new Kysely<OutboxTables>({ dialect: openSqlite(file).dialect });
  await skipEvents(db, count).finally(() => db.destroy());
}

/** True while a process has the database open. Throws where it is no database. */
export function isSqliteInUse(file: string): boolean {
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file);
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive; rollback;');
    return false;
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode === 5) return true; // SQLITE_BUSY
    throw error;
  } finally {
    database.close();
  }
}
