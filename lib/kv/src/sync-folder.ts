import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Flushes a folder's files, and their names in it, to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  for (const name of [...(await readdir(folder)), '.']) {
    const handle = await open(join(folder, name), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
