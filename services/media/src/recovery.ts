import type { Logger } from '@ptsdly/kit';
import type { Library } from './library/library.ts';
import type { Storage } from './storage/storage.ts';
import type { Ingest } from './uploads/ingest.ts';
import type { Spool } from './uploads/spool.ts';
import type { Uploads } from './uploads/uploads.ts';

export interface RecoveryOptions {
  readonly library: Library;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly ingest: Ingest;
  readonly uploads: Uploads;
  readonly log: Logger;
}

/**
 * What the last process left half done: uploads whose last byte had come are finished, indexes that were not
 * made are made, and what belongs to no video is removed. Never rejects; a video that resists is logged.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  const { library, ingest, uploads, log } = options;
  try {
    for (const { id } of await library.all()) {
      await uploads
        .exclusively(id, async () => {
          const row = await library.find(id);
          if (row) await ingest.resume(row);
        })
        .catch((err: unknown) => log.error({ err, videoId: id }, 'a video could not be recovered'));
    }
    await removeOrphans(options);
    await uploads.sweep();
  } catch (err) {
    log.error({ err }, 'recovery did not finish');
  }
}

/** A deletion removes the row first, so what has no row is nobody's. */
async function removeOrphans({ library, storage, spool, log }: RecoveryOptions): Promise<void> {
  for await (const name of storage.list()) {
    if (await library.owns(name)) continue;
    log.info({ name }, 'removing what a deleted video left');
    await storage.remove(name);
  }
  for (const name of await spool.list()) {
    const row = await library.find(name);
    const touched = await spool.touchedAt(name);
    // a small file that is on its way into the storage is younger than this process
    if (row?.upload === 'receiving' || !touched || touched.getTime() >= performance.timeOrigin) continue;
    await spool.remove(name);
  }
}
