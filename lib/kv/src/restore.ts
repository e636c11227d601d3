import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { takeFolder } from './exclusive-folder.ts';
import { openKv } from './open-kv.ts';
import { skipEvents } from './outbox.ts';
import { syncFolder } from './sync-folder.ts';

const DATA = 'data.mdb';
const LOCK = 'lock.mdb';
/** More events than a store has had since any backup that is worth restoring. */
const SKIPPED = 1_000_000_000;

/**
 * Puts a backup in the place of the store behind an `lmdb:` URL, and answers where the store of before is kept. Refuses
 * a store that a process has open. The copy is opened before anything is replaced, and it takes the place in one step:
 * a crash leaves the one or the other. Its events go on at a number that nobody has seen, since those who follow them
 * may have read further than the backup.
 */
export async function restoreBackup(url: string, backup: string): Promise<string> {
  if (!url.startsWith('lmdb:'))
    throw new Error('only an lmdb: store is restored here; Redis has its own way');
  const source = join(resolve(backup), DATA);
  if (!existsSync(source)) throw new Error(`${backup} is no backup: there is no ${DATA} in it`);
  const folder = takeFolder(url.slice('lmdb:'.length));
  const draft = join(folder.path, 'restoring');
  try {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    copyFileSync(source, join(draft, DATA));
    const kv = await openKv(`lmdb:${draft}`);
    await skipEvents(kv, SKIPPED).finally(() => kv.close());
    await syncFolder(draft);
    const before = join(folder.path, `before-${new Date().toISOString().replaceAll(':', '-')}.mdb`);
    if (existsSync(join(folder.path, DATA))) linkSync(join(folder.path, DATA), before);
    rmSync(join(folder.path, LOCK), { force: true });
    renameSync(join(draft, DATA), join(folder.path, DATA));
    rmSync(draft, { recursive: true });
    await syncFolder(folder.path);
    return before;
  } finally {
    folder.release();
  }
}
