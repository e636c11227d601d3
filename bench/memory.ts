import { setTimeout as sleep } from 'node:timers/promises';
import { startProduct } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { makeOriginal } from './original.ts';
import { playFirstSegment } from './playing.ts';
import { mediaPid, proportionalMemory } from './processor.ts';
import type { Measurement } from './report.ts';
import { subscribe, upload } from './subscriber.ts';

const BYTES = 50e6;

/** What a media server of the product takes: right after an upload, and when it was started and plays. */
export function memory(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { bytes: BYTES });
    const product = await startProduct();
    try {
      const subscriber = await subscribe(product);
      const videoId = await upload(subscriber, original);
      await playFirstSegment(subscriber, videoId);
      const afterUpload = await proportionalMemory(await mediaPid(product.data));
      await renew(await mediaPid(product.data), () => mediaPid(product.data));
      await subscriber.person.ready(subscriber.server.id);
      await playFirstSegment(subscriber, videoId);
      const awake = await proportionalMemory(await mediaPid(product.data));
      return [
        measured('media-awake', awake, 'after its start and one play of a first segment'),
        measured('media-after-upload', afterUpload, `just after an upload of ${BYTES / 1e6} MB and one play`),
      ];
    } finally {
      await product.stop();
    }
  });
}

const measured = (name: string, value: number, state: string): Measurement => ({
  ...{ case: name, value, unit: 'B' },
  conditions: { state, measure: 'PSS' },
});

/** Ends a media server; its host starts another one. */
async function renew(pid: number, current: () => Promise<number>): Promise<void> {
  process.kill(pid, 'SIGKILL');
  for (;;) {
    const now = await current().catch(() => 0);
    if (now !== 0 && now !== pid) return;
    await sleep(50);
  }
}
