import { type Box, childBoxes, tableOf } from './box.ts';
import { corrupt, PackagerError } from './error.ts';

/** The samples of one track as the file tells them, in decode order, before any edit. */
export interface SourceSamples {
  readonly count: number;
  /** Byte position in the original. */
  readonly offset: Float64Array;
  /** Bytes. */
  readonly size: Uint32Array;
  /** Decode time plus composition offset, track timescale units; may be negative. */
  readonly presentation: Float64Array;
  /** Indices of sync samples, rising; absent when every sample is one. */
  readonly sync: Uint32Array | undefined;
  /** Duration of the last sample, track timescale units. */
  readonly lastDuration: number;
  /** The one sample description in use, counted from 1. */
  readonly description: number;
}

/** What a table may claim. `samplesLeft` is shared by the tracks of one file. */
export interface SampleBudget {
  samplesLeft: number;
  /** Size of the original in bytes. */
  readonly sourceSize: number;
}

/** Times beyond this many units would lose exactness once offsets are added. */
const MAX_TIME = 2 ** 51;

/**
 * Reads a sample table (ISO/IEC 14496-12 §8.5 to §8.7) into typed arrays. Every count is checked against
 * the bytes of its table, the file and the budget before anything is allocated.
 */
export function readSampleTable(view: DataView, stbl: Box, budget: SampleBudget): SourceSamples {
  const tables = new Map(childBoxes(view, stbl.start, stbl.end).map((box) => [box.type, box]));
  const size = readSizes(view, tables, budget);
  const { offset, description } = placeSamples(view, stbl, size);
  checkWithinFile(offset, size, budget.sourceSize);
  const { times, lastDuration } = readDecodeTimes(view, required(tables, 'stts'), size.length);
  const ctts = tables.get('ctts');
  if (ctts) addCompositionOffsets(view, ctts, times);
  const stss = tables.get('stss');
  const sync = stss && readSyncSamples(view, stss, size.length);
  return { count: size.length, offset, size, presentation: times, sync, lastDuration, description };
}

function required(tables: Map<string, Box>, type: string): Box {
  const box = tables.get(type);
  if (!box) throw corrupt(`Table "${type}" is missing.`);
  return box;
}

/** Takes `count` samples from the budget before their arrays are allocated. */
function claim(count: number, budget: SampleBudget): void {
  if (count > budget.sourceSize) throw corrupt('A track claims more samples than the file has bytes.');
  if (count > budget.samplesLeft) {
    throw new PackagerError('limits_exceeded', 'The file has more samples than the server accepts.');
  }
  budget.samplesLeft -= count;
}

/** `stsz` (§8.7.3.2) or `stz2` (§8.7.3.3). */
function readSizes(view: DataView, tables: Map<string, Box>, budget: SampleBudget): Uint32Array {
  const stsz = tables.get('stsz');
  if (!stsz) return readCompactSizes(view, required(tables, 'stz2'), budget);
  const common = tableOf(view, stsz, 0, 4);
  const sameSize = view.getUint32(stsz.start + 4);
  const { at, count } = sameSize === 0 ? tableOf(view, stsz, 4, 4) : common;
  claim(count, budget);
  const sizes = new Uint32Array(count);
  if (sameSize !== 0) return sizes.fill(sameSize);
  for (let i = 0; i < count; i++) sizes[i] = view.getUint32(at + i * 4);
  return sizes;
}

function readCompactSizes(view: DataView, stz2: Box, budget: SampleBudget): Uint32Array {
  const bits = tableOf(view, stz2, 0, 4) && view.getUint8(stz2.start + 7);
  if (bits !== 4 && bits !== 8 && bits !== 16) throw corrupt('Table "stz2" has an unknown field size.');
  const { at, count } = tableOf(view, stz2, bits / 8, 4);
  claim(count, budget);
  const sizes = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    if (bits === 16) sizes[i] = view.getUint16(at + i * 2);
    else if (bits === 8) sizes[i] = view.getUint8(at + i);
    else sizes[i] = (view.getUint8(at + (i >> 1)) >> (i & 1 ? 0 : 4)) & 15;
  }
  return sizes;
}

/** `stco` or `co64` (§8.7.5). */
function readChunkOffsets(view: DataView, tables: Map<string, Box>): Float64Array {
  const co64 = tables.get('co64');
  const { at, count } = co64 ? tableOf(view, co64, 8) : tableOf(view, required(tables, 'stco'), 4);
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    offsets[i] = co64
      ? view.getUint32(at + i * 8) * 0x1_0000_0000 + view.getUint32(at + i * 8 + 4)
      : view.getUint32(at + i * 4);
  }
  return offsets;
}

/** Lays samples into chunks by `stsc` (§8.7.4). Throws when the chunks do not hold all samples. */
function placeSamples(view: DataView, stbl: Box, size: Uint32Array) {
  const offset = new Float64Array(size.length);
  let sample = 0;
  const { description } = readChunkRuns(view, stbl, (start, perChunk) => {
    let position = start;
    const end = Math.min(sample + perChunk, size.length);
    for (; sample < end; sample++) {
      offset[sample] = position;
      position += size[sample] as number;
    }
    return sample < size.length;
  });
  if (sample < size.length) throw corrupt('The chunks of a track do not hold all its samples.');
  return { offset, description };
}

/** Calls `take` with the place of each chunk and how many samples it holds, until that returns false. */
export function readChunkRuns(
  view: DataView,
  stbl: Box,
  take: (position: number, samples: number) => boolean,
): { description: number } {
  const tables = new Map(childBoxes(view, stbl.start, stbl.end).map((box) => [box.type, box]));
  const chunks = readChunkOffsets(view, tables);
  const { at, count: runs } = tableOf(view, required(tables, 'stsc'), 12);
  let description = 0;
  for (let run = 0; run < runs; run++) {
    const entry = at + run * 12;
    const first = view.getUint32(entry);
    const next = run + 1 < runs ? view.getUint32(entry + 12) : chunks.length + 1;
    const perChunk = view.getUint32(entry + 4);
    if (first < 1 || next <= first || perChunk === 0) throw corrupt('Table "stsc" contradicts itself.');
    if (run === 0 && first !== 1) throw corrupt('Table "stsc" does not begin with the first chunk.');
    description ||= view.getUint32(entry + 8);
    if (view.getUint32(entry + 8) !== description) {
      throw new PackagerError('unsupported_codec', 'The track changes its coding parameters on the way.');
    }
    const lastChunk = Math.min(next - 1, chunks.length);
    for (let chunk = first - 1; chunk < lastChunk; chunk++) {
      if (!take(chunks[chunk] as number, perChunk)) return { description };
    }
  }
  return { description };
}

function checkWithinFile(offset: Float64Array, size: Uint32Array, sourceSize: number): void {
  let total = 0;
  for (let i = 0; i < size.length; i++) {
    if ((offset[i] as number) + (size[i] as number) > sourceSize) {
      throw new PackagerError('truncated', 'The file ends before its last samples: it was cut or damaged.');
    }
    total += size[i] as number;
  }
  // Samples that share bytes would let a small file ask for endless output.
  if (total > sourceSize) throw corrupt('The samples of a track are larger than the file.');
}

/**
 * `stts` (§8.6.1.2). A table that stops early goes on with its last duration, as players do; one that is
 * too long is cut.
 */
function readDecodeTimes(view: DataView, stts: Box, count: number) {
  const { at, count: runs } = tableOf(view, stts, 8);
  const times = new Float64Array(count);
  let time = 0;
  let sample = 0;
  let delta = 0;
  for (let run = 0; run < runs && sample < count; run++) {
    const length = view.getUint32(at + run * 8);
    if (length === 0) continue;
    delta = view.getUint32(at + run * 8 + 4);
    if (delta > 0x7fff_ffff) throw corrupt('A sample has a negative duration.');
    const end = Math.min(sample + length, count);
    for (; sample < end; sample++) {
      times[sample] = time;
      time += delta;
    }
  }
  if (sample === 0 && count > 0) throw corrupt('The samples of a track have no times.');
  for (; sample < count; sample++) {
    times[sample] = time;
    time += delta;
  }
  if (time > MAX_TIME) throw corrupt('The times of a track are beyond any real video.');
  return { times, lastDuration: delta };
}

/** `ctts` (§8.6.1.3), read as signed in both versions, since writers of version 0 rely on it. */
function addCompositionOffsets(view: DataView, ctts: Box, times: Float64Array): void {
  const { at, count: runs } = tableOf(view, ctts, 8);
  let sample = 0;
  for (let run = 0; run < runs && sample < times.length; run++) {
    const shift = view.getInt32(at + run * 8 + 4);
    const end = Math.min(sample + view.getUint32(at + run * 8), times.length);
    for (; sample < end; sample++) times[sample] = (times[sample] as number) + shift;
  }
}

/** `stss` (§8.6.2): sample numbers from 1, strictly rising. Throws when there is none to start from. */
function readSyncSamples(view: DataView, stss: Box, count: number): Uint32Array {
  const { at, count: entries } = tableOf(view, stss, 4);
  const sync = new Uint32Array(entries);
  let previous = 0;
  for (let i = 0; i < entries; i++) {
    const number = view.getUint32(at + i * 4);
    if (number <= previous || number > count) throw corrupt('Table "stss" is not in order.');
    sync[i] = number - 1;
    previous = number;
  }
  if (entries === 0 && count > 0) throw corrupt('The video has no frame to start from.');
  return sync;
}
