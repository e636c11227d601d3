import { GROWING_TARGET } from './boundaries.ts';
import type { MediaIndex } from './media-index.ts';
import { segmentTracks } from './presentation.ts';
import type { SegmentedTrack } from './presented-track.ts';

/**
 * Whether what was made of a source as it arrived still holds now that more of it, or all, is there: the same tracks,
 * whose segments so far begin and end at the same times, lie at the same places and are described alike. A player
 * that was shown `before` can then go on with `after`.
 */
export function continues(before: MediaIndex, after: MediaIndex): boolean {
  const [old, now] = [segmentTracks(before), segmentTracks(after)];
  return old.length === now.length && old.every((track, i) => isContinued(track, now[i] as SegmentedTrack));
}

function isContinued(old: SegmentedTrack, now: SegmentedTrack): boolean {
  if (now.segmentCount < old.segmentCount || now.targetDuration > GROWING_TARGET) return false;
  for (let n = 0; n <= old.segmentCount; n++) {
    if (now.segmentStart(n) !== old.segmentStart(n)) return false;
  }
  return isDescribedAlike(old, now) && hasSameSamples(old, now);
}

function isDescribedAlike({ track: old }: SegmentedTrack, { track: now }: SegmentedTrack): boolean {
  return (
    old.kind === now.kind &&
    old.format === now.format &&
    old.timescale === now.timescale &&
    Buffer.compare(old.config, now.config) === 0
  );
}

function hasSameSamples(old: SegmentedTrack, now: SegmentedTrack): boolean {
  const count = old.segmentedSamples;
  const [a, b] = [old.track.samples, now.track.samples];
  for (let i = 0; i < count; i++) {
    if (a.offset[i] !== b.offset[i] || a.size[i] !== b.size[i] || a.decode[i] !== b.decode[i]) return false;
    if ((a.composition?.[i] ?? 0) !== (b.composition?.[i] ?? 0)) return false;
  }
  return now.segmentedSamples >= count;
}
