import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createPresentation,
  decodeIndex,
  encodeIndex,
  indexSource,
  locateMovie,
  type Presentation,
  readSegment,
  type SegmentPlan,
} from '@ptsdly/packager';
import { FileSource } from '../lib/packager/src/testing/file-source.ts';
import { inFolder } from './folder.ts';
import { longIndex } from './long-index.ts';
import { makeOriginal, type Original } from './original.ts';
import { type Measurement, median, quantile } from './report.ts';

const SECONDS = 600;
const INDEX_RUNS = 9;
const SPARSE_RUNS = 100;
const ROUNDS = 8;
/** Segments of one kind in a row before the other kind has its turn. */
const TURN = 10;

/** What the engine itself costs, without HTTP: to index ten minutes and make segments of them, and to hold eleven hours. */
export function packager(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { seconds: SECONDS });
    await using source = await FileSource.open(original.path);
    const index = await timeIndex(source);
    const presentation = createPresentation(await indexSource(source));
    const work = await timeSegments(source, presentation);
    const sparse = await firstOfSparse(folder, original);
    return [...measurements(original, presentation, index, work), sparse, ...longIndex()];
  });
}

interface SegmentWork {
  /** Segments a second of processor time, one figure a round. */
  readonly ours: readonly number[];
  readonly plain: readonly number[];
  /** Seconds on the clock, one figure a segment. */
  readonly latency: readonly number[];
}

function measurements(
  original: Original,
  presentation: Presentation,
  index: readonly number[],
  { ours, plain, latency }: SegmentWork,
): Measurement[] {
  const segments = presentation.boundaries.length + 1;
  const size = original.bytes / segments / 1e6;
  const movie = `${original.seconds} s of 1080p, ${Math.round(original.bytes / 1e6)} MB, ${segments} segments of ${size.toFixed(1)} MB`;
  const rounds = `${ROUNDS}, in turns of ${TURN} segments, median`;
  return [
    {
      ...{ case: 'warm-segment', value: median(ours), unit: 'segment/cpu-s' },
      limit: { name: 'reading the same bytes into fresh buffers', value: median(plain) },
      conditions: { movie, rounds, file: 'in the page cache' },
    },
    {
      ...{ case: 'segment-latency', value: median(latency), unit: 's' },
      conditions: { movie, 'p99 in s': Number(quantile(latency, 0.99).toPrecision(2)) },
    },
    {
      ...{ case: 'index-ten-minutes', value: median(index), unit: 's' },
      conditions: { movie, runs: INDEX_RUNS, work: 'find and parse the header, encode and decode the index' },
    },
  ];
}

/** Bytes of a hole that takes no room on the disk, between the start of the media and the rest. */
const HOLE = 20e9;

/** From a file of 20 GB to its first segment: nothing of it is read that is not needed. */
async function firstOfSparse(folder: string, { path, seconds }: Original): Promise<Measurement> {
  const file = join(folder, 'sparse.mp4');
  await using original = await FileSource.open(path);
  const moov = await locateMovie(original);
  const tail = await original.read(moov.offset, moov.length);
  // the samples stay where they were; the header moves behind the hole
  await copyFile(path, file);
  await using handle = await open(file, 'r+');
  await handle.truncate(moov.offset);
  await handle.write(freeBox(HOLE), 0, 16, moov.offset);
  await handle.write(tail, 0, tail.length, moov.offset + HOLE);
  const took: number[] = [];
  await using source = await FileSource.open(file);
  for (let run = 0; run < SPARSE_RUNS; run++) {
    const started = performance.now();
    const presentation = createPresentation(await indexSource(source));
    await readSegment(source, presentation.segment('v0', 0));
    took.push((performance.now() - started) / 1000);
  }
  return {
    ...{ case: 'first-segment-20gb', value: median(took), unit: 's' },
    limit: { name: 'target', value: 0.1 },
    conditions: {
      movie: `${seconds} s of 1080p, its header behind a hole of 20 GB (sparse)`,
      runs: SPARSE_RUNS,
      'p99 in s': Number(quantile(took, 0.99).toPrecision(2)),
    },
  };
}

/** A box that is skipped, with a size of 64 bits (ISO/IEC 14496-12 §8.1.2). */
function freeBox(size: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write('free', 4);
  header.writeBigUInt64BE(BigInt(size), 8);
  return header;
}

/** Seconds on the clock, from the file to an index that packages. */
async function timeIndex(source: FileSource): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < INDEX_RUNS; run++) {
    const started = performance.now();
    decodeIndex(encodeIndex(await indexSource(source)));
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds;
}

/** The first round warms up: the page cache, and the compiler. */
async function timeSegments(source: FileSource, presentation: Presentation): Promise<SegmentWork> {
  const count = presentation.boundaries.length + 1;
  const work = { ours: [] as number[], plain: [] as number[], latency: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    let [ours, plain] = [0, 0];
    for (let first = 0; first < count; first += TURN) {
      const turn = Array.from({ length: Math.min(TURN, count - first) }, (_, i) => first + i);
      plain += await processorTime(async () => {
        for (const n of turn) await readPlain(source, presentation.segment('v0', n));
      });
      ours += await processorTime(async () => {
        for (const n of turn) {
          const started = performance.now();
          await readSegment(source, presentation.segment('v0', n));
          if (round > 0) work.latency.push((performance.now() - started) / 1000);
        }
      });
    }
    if (round === 0) continue;
    work.ours.push(count / ours);
    work.plain.push(count / plain);
  }
  return work;
}

/** As many bytes as the segment has, from where its first ones lie. */
async function readPlain(source: FileSource, plan: SegmentPlan): Promise<void> {
  const offset = Math.min(plan.ranges[0]?.offset ?? 0, source.size - plan.size);
  await source.readInto(offset, Buffer.allocUnsafe(plan.size));
}

/** Seconds of processor time that this process, with all its threads, takes for `work`. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
