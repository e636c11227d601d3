import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const LOCK_FILE = 'exclusive.lock';
/** A process that is being replaced gets this long to let go. */
const PATIENCE_MS = 2000;

export interface ExclusiveFolder {
  readonly path: string;
  release(): void;
}

/**
 * Makes a folder and takes it for this process. The lock is the operating system's own (SQLite's exclusive
 * transaction, a POSIX record lock): it ends with the process however that ends, so it is never stale, and it
 * holds between containers too, where process numbers say nothing. Throws a plain sentence when it is taken.
 */
export function takeFolder(location: string): ExclusiveFolder {
  const path = resolve(location);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(path, LOCK_FILE));
  try {
    lock.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;`);
  } catch (cause) {
    lock.close();
    throw new Error(`${path} is in use by another process; an embedded store has one`, { cause });
  }
  return { path, release: () => lock.close() };
}
