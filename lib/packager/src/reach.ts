import { firstAtOrAfter } from './boundaries.ts';
import type { AudioTrack, MediaIndex, VideoTrack } from './media-index.ts';

/** How far the first bytes of a source reach, sample by sample: what a player of a plain MP4 can show of it. */
export interface Reach {
  /** Seconds from the start of which every sample lies wholly in the first `bytes`. */
  secondsWithin(bytes: number): number;
}

/** Costs 8 bytes a sample; a look is a binary search. */
export function reachOf({ video, audio, duration }: MediaIndex): Reach {
  const tracks = [...(video ? [video] : []), ...audio].map((track) => ({
    track,
    ends: furthestBytes(track),
  }));
  return {
    secondsWithin(bytes) {
      let until = duration;
      for (const { track, ends } of tracks) {
        const missing = firstAtOrAfter(ends, bytes + 1);
        if (missing === track.samples.count) continue;
        until = Math.min(until, (track.samples.decode[missing] as number) / track.timescale);
      }
      return Math.max(0, until);
    },
  };
}

/** For each sample, how far it and those before it reach into the source, in bytes. */
function furthestBytes({ samples }: VideoTrack | AudioTrack): Float64Array {
  const { offset, size, count } = samples;
  const ends = new Float64Array(count);
  let furthest = 0;
  for (let i = 0; i < count; i++) {
    furthest = Math.max(furthest, (offset[i] as number) + (size[i] as number));
    ends[i] = furthest;
  }
  return ends;
}
