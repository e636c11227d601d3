import { startProduct } from '../test/product.ts';
import { freeBytes, inFolder } from './folder.ts';
import { makeOriginal, type Original } from './original.ts';
import { playFirstSegment } from './playing.ts';
import { type Measurement, median, quantile } from './report.ts';
import { type Subscriber, subscribe, upload } from './subscriber.ts';

/** Sizes in bytes, and how often each is uploaded. */
const sizes = [
  { case: 'last-byte-50mb', bytes: 50e6, runs: 30 },
  { case: 'last-byte-500mb', bytes: 500e6, runs: 10 },
  { case: 'last-byte-2gb', bytes: 2e9, runs: 4 },
] as const;

/** Times the largest original: itself, its upload, and room to breathe. */
const ROOM = 3;
const WARM_UP_BYTES = 5e6;
const TARGET_S = 0.1;

/** Seconds from the answer that acknowledges the last byte to the last byte of the first segment, as a player asks. */
export async function firstSegment(): Promise<Measurement[]> {
  const needed = ROOM * Math.max(...sizes.map(({ bytes }) => bytes));
  if ((await freeBytes()) < needed) throw new Error(`it needs ${needed / 1e9} GB of free disk`);
  return inFolder(async (folder) => {
    const product = await startProduct();
    try {
      const subscriber = await subscribe(product);
      await withOriginal(folder, WARM_UP_BYTES, (original) => uploadAndPlay(subscriber, original));
      const measurements: Measurement[] = [];
      for (const size of sizes) measurements.push(await measure(folder, subscriber, size));
      return measurements;
    } finally {
      await product.stop();
    }
  });
}

function measure(folder: string, subscriber: Subscriber, size: (typeof sizes)[number]): Promise<Measurement> {
  return withOriginal(folder, size.bytes, async (original) => {
    const seconds: number[] = [];
    for (let run = 0; run < size.runs; run++) seconds.push(await uploadAndPlay(subscriber, original));
    return {
      ...{ case: size.case, value: median(seconds), unit: 's' },
      limit: { name: 'target', value: TARGET_S },
      conditions: {
        original: `${Math.round(original.bytes / 1e6)} MB, ${original.seconds} s of 1080p, moov at the end, sent ahead as our page does`,
        runs: `${size.runs}, median`,
        'p99 in s': Number(quantile(seconds, 0.99).toPrecision(2)),
        'fastest in s': Number(Math.min(...seconds).toPrecision(2)),
        path: 'through the gateway: play, master, playlist, init, first video segment',
      },
    };
  });
}

async function withOriginal<T>(folder: string, bytes: number, work: (original: Original) => Promise<T>) {
  const original = await makeOriginal(folder, { bytes });
  try {
    return await work(original);
  } finally {
    await original.remove();
  }
}

async function uploadAndPlay(subscriber: Subscriber, original: Original): Promise<number> {
  const videoId = await upload(subscriber, original);
  const acknowledged = performance.now();
  await playFirstSegment(subscriber, videoId);
  const seconds = (performance.now() - acknowledged) / 1000;
  await subscriber.person.media(subscriber.server).deleteVideo({ params: { id: videoId } });
  return seconds;
}
