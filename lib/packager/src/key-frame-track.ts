import type { Samples, VideoTrack } from './media-index.ts';
import { SegmentedTrack } from './presented-track.ts';

/** Seconds between the pictures shown while somebody scrubs; a source with keyframes closer than this has more. */
const SPACING = 0.4;

/**
 * The keyframes of a video as a track of their own, each a segment that lasts until the next one, for a playlist of
 * I-frames (RFC 8216 §4.3.3.6). Undefined for a video with fewer than two.
 */
export function keyFrameTrack(video: VideoTrack, start = 0): SegmentedTrack | undefined {
  const samples = keySamples(video);
  if (samples.count < 2) return undefined;
  const boundaries = Uint32Array.from({ length: samples.count + 1 }, (_, i) => i);
  return new SegmentedTrack('i0', { ...video, samples }, boundaries, start);
}

function keySamples({ samples, timescale }: VideoTrack): Samples {
  const { sync, count, decode, composition, offset, size, end } = samples;
  const shown = (i: number) => (decode[i] as number) + (composition?.[i] ?? 0);
  const kept: number[] = [];
  for (let n = 0; n < (sync?.length ?? count); n++) {
    const sample = sync ? (sync[n] as number) : n;
    const last = kept.at(-1);
    if (last === undefined || shown(sample) - shown(last) >= SPACING * timescale) kept.push(sample);
  }
  return {
    count: kept.length,
    offset: Float64Array.from(kept, (i) => offset[i] as number),
    size: Uint32Array.from(kept, (i) => size[i] as number),
    decode: Float64Array.from(kept, shown),
    composition: undefined,
    sync: undefined,
    end,
  };
}
