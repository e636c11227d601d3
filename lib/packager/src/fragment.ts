import type { Samples } from './media-index.ts';
import type { TransportSpan } from './transport-rewriter.ts';

/** How to make one segment: bytes to send first, then ranges of the original, in order. */
export interface SegmentPlan {
  /** `styp`, `moof` and the header of `mdat`. */
  readonly header: Uint8Array;
  /** Ranges of the original in bytes; neighbours are joined. To be sent as they are, unless `rewrite` is there. */
  readonly ranges: readonly { readonly offset: number; readonly length: number }[];
  /**
   * Present when the ranges do not hold the media as a segment needs it: `readSegment` (or
   * `rewriteTransport`) then makes `size - header.length` bytes from the one range there is.
   */
  readonly rewrite?: TransportSpan;
  /** Bytes of the whole segment, header included. */
  readonly size: number;
  /** Seconds from the start of the presentation. */
  readonly start: number;
  /** Seconds. */
  readonly duration: number;
}

/** The samples of one segment: from `first` up to but not including `last`. */
export interface FragmentSpan {
  readonly first: number;
  readonly last: number;
  /** Counted from 1 (`mfhd`, ISO/IEC 14496-12 §8.8.5). */
  readonly sequence: number;
  readonly video: boolean;
}

const STYP_BYTES = 24;
/** `moof` 8, `mfhd` 16, `traf` 8, `tfhd` 16, `tfdt` 20, `trun` 20. */
const MOOF_BYTES = 88;
const MDAT_BYTES = 8;
const LARGE_MDAT_BYTES = 16;

const TRUN_DATA_OFFSET = 0x1;
const TRUN_DURATION = 0x100;
const TRUN_SIZE = 0x200;
const TRUN_FLAGS = 0x400;
const TRUN_COMPOSITION = 0x800;
const DEFAULT_BASE_IS_MOOF = 0x20000;
/** Sample flags (§8.8.3.1): depends on no other; and: depends on others, is no sync sample. */
export const SYNC_FLAGS = 0x0200_0000;
const OTHER_FLAGS = 0x0101_0000;

const FOURCC = {
  styp: 0x73747970,
  msdh: 0x6d736468,
  msix: 0x6d736978,
  moof: 0x6d6f6f66,
  mfhd: 0x6d666864,
  traf: 0x74726166,
  tfhd: 0x74666864,
  tfdt: 0x74666474,
  trun: 0x7472756e,
  mdat: 0x6d646174,
};

/** Bytes in front of the media of a segment; the rest is the sum of the sample sizes. */
export function fragmentHeaderSize(samples: Samples, span: FragmentSpan, mediaBytes: number): number {
  const entry = 4 * entryFields(samples, span).length;
  return STYP_BYTES + MOOF_BYTES + entry * (span.last - span.first) + mdatHeaderSize(mediaBytes);
}

/** Writes the header of a media segment (§8.8, §8.16.2) with 64-bit decode time and signed composition. */
export function writeFragmentHeader(samples: Samples, span: FragmentSpan, mediaBytes: number): Uint8Array {
  const fields = entryFields(samples, span);
  const headerSize = fragmentHeaderSize(samples, span, mediaBytes);
  const bytes = new Uint8Array(headerSize);
  const view = new DataView(bytes.buffer);
  const moofSize = headerSize - STYP_BYTES - mdatHeaderSize(mediaBytes);
  let at = writeWords(view, 0, [STYP_BYTES, FOURCC.styp, FOURCC.msdh, 0, FOURCC.msdh, FOURCC.msix]);
  at = writeWords(view, at, [moofSize, FOURCC.moof, 16, FOURCC.mfhd, 0, span.sequence]);
  at = writeWords(view, at, [moofSize - 24, FOURCC.traf, 16, FOURCC.tfhd, DEFAULT_BASE_IS_MOOF, 1]);
  at = writeWords(view, at, [20, FOURCC.tfdt, 0x0100_0000, ...uint64(samples.decode[span.first] ?? 0)]);
  const flags = fields.reduce((all, field) => all | field, TRUN_DATA_OFFSET);
  const dataOffset = headerSize - STYP_BYTES;
  const trun = [moofSize - 68, FOURCC.trun, 0x0100_0000 | flags, span.last - span.first, dataOffset];
  at = writeWords(view, at, trun);
  at = writeEntries(view, at, samples, span, fields);
  const large = mdatHeaderSize(mediaBytes) === LARGE_MDAT_BYTES;
  if (large) writeWords(view, at, [1, FOURCC.mdat, ...uint64(mediaBytes + LARGE_MDAT_BYTES)]);
  else writeWords(view, at, [mediaBytes + MDAT_BYTES, FOURCC.mdat]);
  return bytes;
}

/** The ranges of the original that hold the samples, in decode order, neighbours joined. */
export function sampleRanges(samples: Samples, first: number, last: number) {
  const ranges: { offset: number; length: number }[] = [];
  for (let i = first; i < last; i++) {
    const offset = samples.offset[i] as number;
    const length = samples.size[i] as number;
    const previous = ranges.at(-1);
    if (previous && previous.offset + previous.length === offset) previous.length += length;
    else if (length > 0) ranges.push({ offset, length });
  }
  return ranges;
}

/** Fields of each `trun` entry (§8.8.8): what the samples need, in the order of the standard. */
function entryFields(samples: Samples, span: FragmentSpan): number[] {
  const fields = [TRUN_DURATION, TRUN_SIZE];
  if (span.video) fields.push(TRUN_FLAGS);
  if (hasComposition(samples, span)) fields.push(TRUN_COMPOSITION);
  return fields;
}

function hasComposition({ composition }: Samples, { first, last, video }: FragmentSpan): boolean {
  if (!composition || video) return composition !== undefined;
  for (let i = first; i < last; i++) if (composition[i] !== 0) return true;
  return false;
}

function writeEntries(view: DataView, start: number, samples: Samples, span: FragmentSpan, fields: number[]) {
  const { decode, size, composition, sync, count, end } = samples;
  const composed = fields.includes(TRUN_COMPOSITION) ? composition : undefined;
  let nextSync = sync ? lowerBound(sync, span.first) : 0;
  let at = start;
  for (let i = span.first; i < span.last; i++) {
    const next = i + 1 < count ? (decode[i + 1] as number) : end;
    view.setUint32(at, next - (decode[i] as number));
    view.setUint32(at + 4, size[i] as number);
    at += 8;
    if (span.video) {
      const isSync = !sync || sync[nextSync] === i;
      if (isSync) nextSync++;
      view.setUint32(at, isSync ? SYNC_FLAGS : OTHER_FLAGS);
      at += 4;
    }
    if (composed) {
      view.setInt32(at, composed[i] as number);
      at += 4;
    }
  }
  return at;
}

function lowerBound(values: Uint32Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mdatHeaderSize(mediaBytes: number): number {
  return mediaBytes + MDAT_BYTES > 0xffff_ffff ? LARGE_MDAT_BYTES : MDAT_BYTES;
}

function writeWords(view: DataView, at: number, words: readonly number[]): number {
  for (const [i, word] of words.entries()) view.setUint32(at + i * 4, word);
  return at + words.length * 4;
}

function uint64(value: number): [number, number] {
  return [Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000];
}
