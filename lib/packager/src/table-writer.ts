import { fullBox, uint32 } from './box-writer.ts';
import type { Samples } from './media-index.ts';

/** Times of a track as a plain MP4 tells them. */
export interface TimeTables {
  /** `stts`, and `ctts` where frames are not presented in order. */
  readonly tables: readonly Uint8Array[];
  /** Where in the media the presentation begins, in track units. */
  readonly mediaTime: number;
  /** How much later than the movie the track begins, in track units. */
  readonly delay: number;
  /** Media duration in track units. */
  readonly length: number;
}

/**
 * `stts` and `ctts` (ISO/IEC 14496-12 §8.6.1) from presentation times. Composition offsets are raised until
 * none is negative, and decode times start at zero; the edit takes both back.
 */
export function timeTables(samples: Samples): TimeTables {
  const { count, composition, end } = samples;
  const decode = ownDecodeTimes(samples);
  let raise = 0;
  const offsetOf = (i: number) => presentationOf(samples, i) - (decode[i] as number);
  for (let i = 0; composition && i < count; i++) raise = Math.max(raise, -offsetOf(i));
  const start = decode[0] ?? 0;
  const durations = runs(
    count,
    (i) => (i + 1 < count ? (decode[i + 1] as number) : end) - (decode[i] as number),
  );
  const offsets = runs(count, (i) => offsetOf(i) + raise);
  const stts = fullBox('stts', 0, 0, uint32(durations.length / 2), words(durations));
  const ctts = fullBox('ctts', 0, 0, uint32(offsets.length / 2), words(offsets));
  const flat = offsets.length <= 2 && (offsets[1] ?? 0) === 0;
  return {
    tables: flat ? [stts] : [stts, ctts],
    mediaTime: raise + Math.max(0, -start),
    delay: Math.max(0, start),
    length: end - start,
  };
}

/** Sound whose first packets lie before zero gets its own times back; the index holds them at zero. */
function ownDecodeTimes(samples: Samples): Float64Array {
  const { decode, composition, count } = samples;
  if (!composition || samples.sync) return decode;
  const own = decode.slice();
  for (let i = 0; i < count && decode[i] === 0 && (composition[i] as number) < 0; i++) {
    own[i] = composition[i] as number;
  }
  return own;
}

function presentationOf({ decode, composition }: Samples, i: number): number {
  return (decode[i] as number) + (composition ? (composition[i] as number) : 0);
}

/** `stss` (§8.6.2), unless every sample is a sync sample. */
export function syncTable({ sync }: Samples): Uint8Array[] {
  if (!sync) return [];
  const numbers = sync.map((sample) => sample + 1);
  return [fullBox('stss', 0, 0, uint32(numbers.length), words(numbers))];
}

/** `stsz` (§8.7.3). */
export function sizeTable({ size, count }: Samples): Uint8Array {
  return fullBox('stsz', 0, 0, uint32(0, count), words(size));
}

/** `stsc` and `co64` (§8.7.4, §8.7.5): a chunk for each run of samples that stand in a row. */
export function offsetTables({ count, offset, size }: Samples, shift: number): Uint8Array[] {
  const chunkOffsets: number[] = [];
  const chunkLengths: number[] = [];
  let next = -1;
  for (let i = 0; i < count; i++) {
    const at = offset[i] as number;
    if (at === next) chunkLengths[chunkLengths.length - 1] = (chunkLengths.at(-1) ?? 0) + 1;
    else {
      chunkOffsets.push(at);
      chunkLengths.push(1);
    }
    next = at + (size[i] as number);
  }
  const chunks = runs(chunkLengths.length, (i) => chunkLengths[i] ?? 1);
  const entries: number[] = [];
  for (let i = 0, chunk = 1; i < chunks.length; i += 2) {
    entries.push(chunk, chunks[i + 1] ?? 1, 1);
    chunk += chunks[i] ?? 1;
  }
  const places = chunkOffsets.flatMap((at) => [Math.floor((at + shift) / 2 ** 32), (at + shift) % 2 ** 32]);
  return [
    fullBox('stsc', 0, 0, uint32(entries.length / 3), words(entries)),
    fullBox('co64', 0, 0, uint32(chunkOffsets.length), words(places)),
  ];
}

/** Pairs of how often a value follows itself, and the value. */
function runs(count: number, valueAt: (i: number) => number): number[] {
  const pairs: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = valueAt(i);
    if (pairs.length > 0 && pairs.at(-1) === value) pairs[pairs.length - 2] = (pairs.at(-2) ?? 0) + 1;
    else pairs.push(1, value);
  }
  return pairs;
}

/** Big-endian words of a list too long to be arguments. */
function words(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint32(i * 4, values[i] as number);
  return bytes;
}
