import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
const SQLITE_BUSY = 5;

/**
 * The right to use a server's folder, for one process at a time, on whatever machine: resolves with its release once
 * nobody else has it. A lock of SQLite on a file of its own (POSIX record locks, which NFSv4 has as well); the system
 * gives it back when the process ends, however it ends. Rejects with the reason of the signal.
 */
export async function takeTurn(folder: string, signal: AbortSignal): Promise<() => void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    signal.throwIfAborted();
    const release = tryTurn(join(folder, 'turn.lock'));
    if (release) return release;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function tryTurn(path: string): (() => void) | undefined {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return () => lock.close();
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
