import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProduct } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { makeOriginal } from './original.ts';
import { playFirstSegment } from './playing.ts';
import { proportionalMemory } from './processor.ts';
import type { Measurement } from './report.ts';
import { subscribe, upload } from './subscriber.ts';

const BYTES = 50e6;

/** What a media server of the product takes while it is awake: it has just received a movie and played it. */
export function memory(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { bytes: BYTES });
    const product = await startProduct();
    try {
      const subscriber = await subscribe(product);
      const videoId = await upload(subscriber, original);
      await playFirstSegment(subscriber, videoId);
      const value = await proportionalMemory(await mediaPid(product.data));
      const state = 'after one upload and one play of its first segment';
      return [{ case: 'media-awake', value, unit: 'B', conditions: { state, measure: 'PSS' } }];
    } finally {
      await product.stop();
    }
  });
}

/** The process host notes each media server's process in a file of its own. */
async function mediaPid(data: string): Promise<number> {
  const folder = join(data, 'servers', '.pids');
  const [name = ''] = await readdir(folder);
  return (JSON.parse(await readFile(join(folder, name), 'utf8')) as { pid: number }).pid;
}
