import type { Samples } from './media-index.ts';

/** Where segments begin: sample indices, rising; the last entry is the end of the last segment. */
export type Boundaries = Uint32Array;

/** Seconds aimed at by the first segments, so that playing starts early; later ones take the full target. */
const OPENING_TARGETS = [2, 2, 4];
const DEFAULT_TARGET_SECONDS = 6;
/** A segment should stay under this many bytes; a single group of pictures may still exceed it. */
export const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

/** Seconds that segment `n` aims at. */
export function targetOf(n: number, targetDuration = DEFAULT_TARGET_SECONDS): number {
  return Math.min(OPENING_TARGETS[n] ?? targetDuration, targetDuration);
}

/**
 * Cuts a video at sync samples only: each segment ends at the first one at or after its target, or earlier
 * when one more group like the last would pass `MAX_SEGMENT_BYTES`. A decision depends on nothing that
 * comes after it, so a list made while the file still arrives never changes.
 */
export function videoBoundaries(samples: Samples, timescale: number, targetDuration?: number): Boundaries {
  const cuts = [0];
  const groups = groupStarts(samples);
  let start = samples.decode[0] ?? 0;
  let bytes = 0;
  for (let group = 1; group < groups.length - 1; group++) {
    const at = groups[group] as number;
    const groupBytes = sum(samples.size, groups[group - 1] as number, at);
    bytes += groupBytes;
    const elapsed = ((samples.decode[at] as number) - start) / timescale;
    const target = targetOf(cuts.length - 1, targetDuration);
    if (elapsed >= target || (elapsed > 0 && bytes + groupBytes > MAX_SEGMENT_BYTES)) {
      cuts.push(at);
      start = samples.decode[at] as number;
      bytes = 0;
    }
  }
  return Uint32Array.from([...cuts, samples.count]);
}

/** Seconds that a segment may last in a list that grows, whose target duration is told before anybody knows. */
export const GROWING_TARGET = 12;

/**
 * The cuts of a source that is still arriving that will stay whatever comes: without the segment that is still open,
 * and without a cut whose sync sample may yet get pictures that are presented before it. The list stops in front
 * of the first segment that is longer than its target duration allows.
 */
export function settledBoundaries(samples: Samples, timescale: number, cuts: Boundaries): Boundaries {
  const { decode, composition, count } = samples;
  const shown = (i: number) => (decode[i] as number) + (composition ? (composition[i] as number) : 0);
  const isSettled = (cut: number) => {
    for (let i = cut + 1; i < count; i++) if (shown(i) > shown(cut)) return true;
    return false;
  };
  let kept = cuts.length;
  while (kept > 1 && !isSettled(cuts[kept - 1] as number)) kept--;
  const longest = (GROWING_TARGET + 0.5) * timescale;
  for (let n = 1; n < kept; n++) {
    if ((decode[cuts[n] as number] as number) - (decode[cuts[n - 1] as number] as number) >= longest)
      kept = n;
  }
  return cuts.slice(0, kept);
}

/**
 * Cuts a video at the sync samples nearest to the given times (seconds, rising), for a rendition that must
 * share another one's segments. A time without a sync sample within half a frame is passed over.
 */
export function boundariesAt(samples: Samples, timescale: number, times: readonly number[]): Boundaries {
  const cuts = [0];
  const groups = groupStarts(samples);
  const tolerance = (samples.end - (samples.decode[0] ?? 0)) / Math.max(1, samples.count) / 2;
  let group = 1;
  for (const time of times) {
    const wanted = time * timescale;
    while (group < groups.length - 1 && startOf(samples, groups, group) < wanted - tolerance) group++;
    if (group >= groups.length - 1) break;
    if (startOf(samples, groups, group) <= wanted + tolerance) cuts.push(groups[group++] as number);
  }
  return Uint32Array.from([...cuts, samples.count]);
}

/** Where the video is cut and where it ends, in seconds; nothing for sound alone. */
export interface VideoCuts {
  readonly starts: readonly number[];
  readonly end: number;
}

/**
 * Cuts sound at the first packet at or after each start of a video segment and, where it outlasts the
 * video, at its end and on in steps of the target. A cut that would leave a segment empty is passed over,
 * and a rest of less than half a target joins the segment before it.
 */
export function audioBoundaries(
  samples: Samples,
  timescale: number,
  video?: VideoCuts,
  targetDuration = DEFAULT_TARGET_SECONDS,
): Boundaries {
  const cuts = [0];
  const cut = (seconds: number) => {
    const at = firstAtOrAfter(samples.decode, Math.ceil(seconds * timescale - 1e-3));
    if (at > (cuts.at(-1) ?? 0) && at < samples.count) cuts.push(at);
  };
  const last = samples.end / timescale - targetDuration / 2;
  for (const time of video?.starts ?? []) cut(time);
  let time = video ? video.end : targetOf(0, targetDuration);
  while (time < last) {
    cut(time);
    time += video ? targetDuration : targetOf(cuts.length - 1, targetDuration);
  }
  return Uint32Array.from([...cuts, samples.count]);
}

/** Index of the first value that is not less than `wanted`, in a rising array. */
export function firstAtOrAfter(values: Float64Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Longest distance in seconds between two sync samples, or from the last one to the end. */
export function longestGroup(samples: Samples, timescale: number): number {
  const groups = groupStarts(samples);
  let longest = 0;
  for (let i = 1; i < groups.length; i++) {
    longest = Math.max(longest, startOf(samples, groups, i) - startOf(samples, groups, i - 1));
  }
  return longest / timescale;
}

/** First sample of each group of pictures, and the sample count as the end. */
function groupStarts(samples: Samples): Uint32Array {
  const { sync, count } = samples;
  const starts = new Uint32Array((sync ? sync.length : count) + 1);
  if (sync) starts.set(sync);
  else for (let i = 0; i < count; i++) starts[i] = i;
  starts[starts.length - 1] = count;
  return starts;
}

function startOf(samples: Samples, groups: Uint32Array, group: number): number {
  const at = groups[group] as number;
  return at < samples.count ? (samples.decode[at] as number) : samples.end;
}

function sum(values: Uint32Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i] as number;
  return total;
}
