import type { Edit } from './edit-list.ts';
import { corrupt, PackagerError } from './error.ts';
import type { Samples } from './media-index.ts';
import type { SourceSamples } from './sample-table.ts';

/** A track before its edits are applied. */
export interface TimelineInput {
  readonly samples: SourceSamples;
  readonly edit: Edit;
  /** Units a second of the track, and of the movie. */
  readonly timescale: number;
  readonly movieTimescale: number;
}

/** A stretch of samples, and the presentation time of each, in track units. */
interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly times: Float64Array;
}

const MAX_DURATION_SECONDS = 10 * 24 * 3600;

/**
 * Applies the edit to a video track. It begins at the last sync sample at or before the edit's start; when
 * that brings times below zero, everything moves later by `shift` seconds, which other tracks must follow.
 * A video that begins late shows its first frame from zero, since players stall on a gap at the start.
 */
export function videoTimeline(input: TimelineInput): { samples: Samples; shift: number; preroll: number } {
  const { samples, timescale } = input;
  const { times, editStart, editEnd } = editedTimes(input, 0);
  const first = startingSync(samples.sync, times, editStart + Math.floor(timescale / 1000));
  const last = lastWithin(times, first, editEnd);
  const lowest = minimum(times, first, last);
  const shift = Math.max(0, -lowest);
  for (let i = first; i < last; i++) times[i] = (times[i] as number) + shift;
  return {
    samples: heldFromZero(sorted(samples, { first, last, times }, timescale)),
    shift: shift / timescale,
    preroll: Math.max(0, editStart - lowest) / timescale,
  };
}

/**
 * Applies the edit to an audio track, `shift` seconds later. Packets that end before the presentation (or
 * the edit) starts are dropped, except one that primes the decoder.
 */
export function audioTimeline(input: TimelineInput, shift: number): Samples {
  const { samples, timescale } = input;
  const { times, editStart, editEnd } = editedTimes(input, Math.round(shift * timescale));
  let first = 0;
  while (first < times.length && endOf(times, first, samples.lastDuration) <= editStart) first++;
  first = Math.max(0, first - 1);
  return sorted(samples, { first, last: lastWithin(times, first, editEnd), times }, timescale);
}

/**
 * Presentation times relative to the movie's start, plus `shift`. `editEnd` is set back by up to half a
 * sample, since an edit's length is rounded to the movie timescale.
 */
function editedTimes(input: TimelineInput, shift: number) {
  const { samples, edit, timescale, movieTimescale } = input;
  const editStart = Math.round((edit.delay * timescale) / movieTimescale);
  const origin = edit.mediaTime - editStart - shift;
  const times = samples.presentation;
  for (let i = 0; i < times.length; i++) times[i] = (times[i] as number) - origin;
  const tick = timescale / movieTimescale;
  const rounding = Math.min(tick, samples.lastDuration / 2);
  const bounded = edit.duration > 0 && tick <= samples.lastDuration;
  const length = bounded ? (edit.duration * timescale) / movieTimescale - rounding : Infinity;
  return { times, editStart, editEnd: editStart + shift + length };
}

function endOf(times: Float64Array, at: number, lastDuration: number): number {
  return at + 1 < times.length ? (times[at + 1] as number) : (times[at] as number) + lastDuration;
}

/** The last sync sample presented at or before `start`, else the first one. */
function startingSync(sync: Uint32Array | undefined, times: Float64Array, start: number): number {
  const count = sync ? sync.length : times.length;
  let best = sync ? (sync[0] ?? 0) : 0;
  for (let i = 0; i < count; i++) {
    const sample = sync ? (sync[i] as number) : i;
    if ((times[sample] as number) > start) break;
    best = sample;
  }
  return best;
}

/** Cuts the tail that is presented at or after `end`; a late sample that earlier ones stand behind stays. */
function lastWithin(times: Float64Array, first: number, end: number): number {
  let last = times.length;
  while (last > first && (times[last - 1] as number) >= end) last--;
  if (last === first)
    throw new PackagerError('unsupported_edit_list', 'The edit list leaves nothing to play.');
  return last;
}

function minimum(times: Float64Array, first: number, last: number): number {
  let lowest = Infinity;
  for (let i = first; i < last; i++) lowest = Math.min(lowest, times[i] as number);
  return lowest;
}

/** Derives decode times by sorting presentation times, and keeps the difference as composition offset. */
function sorted(source: SourceSamples, { first, last, times }: Stretch, timescale: number): Samples {
  const presentation = times.subarray(first, last);
  const decode = sortNearlySorted(presentation.slice());
  const count = last - first;
  const end = (decode[count - 1] as number) + lastDuration(decode, source.lastDuration);
  if (end / timescale > MAX_DURATION_SECONDS) {
    throw new PackagerError('limits_exceeded', 'The file claims to last longer than ten days.');
  }
  const composition = new Int32Array(count);
  let composed = false;
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const at = Math.max(0, decode[i] as number);
    const difference = (presentation[i] as number) - at;
    if (Math.abs(difference) > 0x7fff_ffff || at - previous > 0xffff_ffff) {
      throw corrupt('The times of a track jump beyond what a segment can hold.');
    }
    decode[i] = at;
    composition[i] = difference;
    composed ||= difference !== 0;
    previous = at;
  }
  return {
    count,
    offset: source.offset.slice(first, last),
    size: source.size.slice(first, last),
    decode,
    composition: composed ? composition : undefined,
    sync: source.sync && syncWithin(source.sync, first, last),
    end: Math.max(end, previous + 1),
  };
}

/** Not when frames are presented before the first sync sample: they, not it, would have to be held. */
function heldFromZero(samples: Samples): Samples {
  if (samples.composition?.[0]) return samples;
  const next = samples.count > 1 ? (samples.decode[1] as number) : samples.end;
  if (next <= 0xffff_ffff) samples.decode[0] = 0;
  return samples;
}

/** Some writers give the last sample no duration; the one before it then serves. */
function lastDuration(decode: Float64Array, told: number): number {
  if (told > 0) return told;
  const count = decode.length;
  const before = count > 1 ? (decode[count - 1] as number) - (decode[count - 2] as number) : 0;
  return Math.max(1, before);
}

function syncWithin(sync: Uint32Array, first: number, last: number): Uint32Array {
  return sync.filter((sample) => sample >= first && sample < last).map((sample) => sample - first);
}

/**
 * Insertion sort while the disorder is that of B-frames, the built-in sort when it is not, so that no file
 * can cost more than n log n.
 */
export function sortNearlySorted(values: Float64Array): Float64Array {
  let moves = values.length * 16 + 64;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let at = i - 1;
    for (; at >= 0 && (values[at] as number) > value; at--) {
      values[at + 1] = values[at] as number;
      moves--;
    }
    values[at + 1] = value;
    if (moves < 0) return values.sort();
  }
  return values;
}
