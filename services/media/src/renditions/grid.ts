import { createHash } from 'node:crypto';
import { type MediaIndex, presentVideo } from '@ptsdly/packager';

/**
 * Where all renditions of a video are cut: at the segments of the original and, where its groups of pictures are too
 * long to wait for, at frames in between as well.
 */
export interface Grid {
  /** Seconds at which segments begin; the first at 0. */
  readonly starts: readonly number[];
  /** Seconds. */
  readonly end: number;
  /** Whether a decoder can begin at a segment of the original, by segment. */
  readonly anchors: readonly boolean[];
}

/** Segments from `from` up to but not including `to`. */
export interface SegmentRange {
  readonly from: number;
  readonly to: number;
}

/** A longer group of pictures cannot take part in switching (DESIGN §6.3), in seconds. */
export const LONGEST_SHARED_GROUP = 10;
const CUT_SECONDS = 6;

const grids = new WeakMap<MediaIndex, Grid>();

/** Undefined for sound alone. Computed once for each index. */
export function gridOf(index: MediaIndex): Grid | undefined {
  const known = grids.get(index);
  if (known) return known;
  const grid = computeGrid(index);
  if (grid) grids.set(index, grid);
  return grid;
}

function computeGrid(index: MediaIndex): Grid | undefined {
  const { video } = index;
  if (!video) return undefined;
  const track = presentVideo(video);
  const { decode } = video.samples;
  const starts: number[] = [];
  const anchors: boolean[] = [];
  for (let n = 0; n < track.segmentCount; n++) {
    const start = track.segmentStart(n);
    starts.push(start);
    anchors.push(true);
    const pieces = Math.round(track.segmentDuration(n) / CUT_SECONDS);
    if (track.segmentDuration(n) <= LONGEST_SHARED_GROUP) continue;
    for (let piece = 1; piece < pieces; piece++) {
      const wanted = (start + (track.segmentDuration(n) * piece) / pieces) * video.timescale;
      const frame = (decode[firstAtOrAfter(decode, wanted)] ?? 0) / video.timescale;
      if (frame <= (starts.at(-1) ?? 0) || frame >= track.segmentStart(n + 1)) continue;
      starts.push(frame);
      anchors.push(false);
    }
  }
  return { starts, anchors, end: track.segmentStart(track.segmentCount) };
}

/** Tells two grids apart; the same for equal ones. */
export function nameGrid({ starts, end }: Grid): string {
  const times = [...starts, end].map((time) => Math.round(time * 1e6));
  return createHash('sha256').update(times.join()).digest('base64url').slice(0, 16);
}

/** Seconds at which segment `n` begins; the end, for the one behind the last. */
export function startOf(grid: Grid, n: number): number {
  return grid.starts[n] ?? grid.end;
}

/** A window where nobody waits, in seconds; it is at most so many times as long. */
const WINDOW_SECONDS = 30;
const LONGEST = 2;
/** Inside one group of pictures, which each window would have to decode from its start. */
const LONGEST_UNANCHORED = 1800;
/** A viewer who has less than this ahead gets the next segment alone. */
const URGENT_SECONDS = 8;
/** Forced key frames that a task takes. */
const MOST_SEGMENTS = 1000;

/**
 * The window to make next: where `wanted` (a segment) is asked for, the first one missing from there on, short while
 * the viewer has little ahead; otherwise the first one missing at all. A window is at least `usualSeconds` long where
 * nobody waits, and not longer than twice that. Undefined when all are there.
 */
export function nextWindow(
  grid: Grid,
  made: readonly SegmentRange[],
  wanted?: number,
  usualSeconds = WINDOW_SECONDS,
): SegmentRange | undefined {
  const count = grid.starts.length;
  const covered = new Uint8Array(count);
  for (const { from, to } of made) covered.fill(1, from, to);
  const missing = (from: number) => {
    const found = covered.indexOf(0, from);
    return found < 0 ? undefined : found;
  };
  const asked = wanted === undefined ? undefined : missing(wanted);
  const from = asked ?? missing(0);
  if (from === undefined) return undefined;
  const taken = covered.indexOf(1, from);
  const limit = Math.min(taken < 0 ? count : taken, from + MOST_SEGMENTS);
  if (asked === undefined || wanted === undefined)
    return { from, to: endOfWindow(grid, from, limit, usualSeconds) };
  const ahead = startOf(grid, asked) - startOf(grid, wanted);
  if (ahead < URGENT_SECONDS) return { from, to: from + 1 };
  return { from, to: endOfWindow(grid, from, limit, Math.min(ahead, usualSeconds), usualSeconds) };
}

function endOfWindow(
  grid: Grid,
  from: number,
  limit: number,
  seconds: number,
  usualSeconds = seconds,
): number {
  const start = startOf(grid, from);
  const lengthTo = (segment: number) => startOf(grid, segment) - start;
  for (let to = from + 1; to < limit; to++) {
    const anchored = grid.anchors[to] === true;
    const longest = anchored ? LONGEST * usualSeconds : LONGEST_UNANCHORED;
    if (lengthTo(to) >= seconds && anchored) return to;
    if (lengthTo(to + 1) > longest) return to;
  }
  return limit;
}

/** Index of the first value that is not less than `wanted`, in a rising array. */
export function firstAtOrAfter(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
