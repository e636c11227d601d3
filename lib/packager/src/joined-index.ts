import { corrupt, PackagerError } from './error.ts';
import type { MediaIndex, Samples, VideoTrack } from './media-index.ts';

/** A piece of a video that was made in windows. */
export interface VideoPart {
  readonly index: MediaIndex;
  /** Seconds at which the piece begins on the timeline of the whole. */
  readonly start: number;
  /** Bytes at which the piece's file begins in the pieces put one behind the other. */
  readonly offset: number;
}

/** The track later by `start` seconds and its bytes further on by `offset`. */
export function shiftTrack<T extends { timescale: number; samples: Samples }>(
  track: T,
  start: number,
  offset = 0,
): T {
  const { samples, timescale } = track;
  const ticks = Math.round(start * timescale);
  const moved: Samples = {
    ...samples,
    decode: samples.decode.map((time) => time + ticks),
    offset: offset === 0 ? samples.offset : samples.offset.map((at) => at + offset),
    end: samples.end + ticks,
  };
  return { ...track, samples: moved };
}

/**
 * Makes one index of video pieces that the same encoder made with the same settings, given in order of
 * time. The source it describes is the files of the pieces one behind the other; `createProgressive` makes
 * a plain MP4 of it. Sound is left out. Throws `unsupported_codec` when the pieces differ, `corrupt` when
 * they overlap.
 */
export function joinVideo(parts: readonly VideoPart[]): MediaIndex {
  const tracks = parts.map(({ index, start, offset }) => {
    if (!index.video) throw new PackagerError('not_media', 'A piece has no video.');
    return shiftTrack(index.video, start, offset);
  });
  const [first] = tracks;
  const [firstPart] = parts;
  if (!first || !firstPart) throw new PackagerError('not_media', 'There are no pieces to join.');
  for (const track of tracks) requireSame(first, track);
  const samples = joinSamples(tracks.map((track) => track.samples));
  const last = parts.reduce((end, { index, offset }) => Math.max(end, offset + index.sourceSize), 0);
  return {
    duration: samples.end / first.timescale,
    sourceSize: last,
    container: firstPart.index.container,
    preroll: 0,
    video: { ...first, samples },
    audio: [],
    skipped: [],
  };
}

function requireSame(first: VideoTrack, other: VideoTrack): void {
  const same =
    first.timescale === other.timescale &&
    first.format === other.format &&
    first.width === other.width &&
    first.height === other.height &&
    Buffer.compare(first.config, other.config) === 0;
  if (!same) throw new PackagerError('unsupported_codec', 'The pieces were not made with the same settings.');
}

function joinSamples(parts: readonly Samples[]): Samples {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const composed = parts.some(({ composition }) => composition);
  const partial = parts.some(({ sync }) => sync);
  const offset = new Float64Array(count);
  const size = new Uint32Array(count);
  const decode = new Float64Array(count);
  const composition = new Int32Array(composed ? count : 0);
  const sync: number[] = [];
  let at = 0;
  for (const part of parts) {
    if (at > 0 && (part.decode[0] as number) < (decode[at - 1] as number))
      throw corrupt('The pieces overlap.');
    offset.set(part.offset, at);
    size.set(part.size, at);
    decode.set(part.decode, at);
    if (part.composition) composition.set(part.composition, at);
    for (let i = 0; partial && i < (part.sync?.length ?? part.count); i++)
      sync.push(at + (part.sync?.[i] ?? i));
    at += part.count;
  }
  return {
    count,
    offset,
    size,
    decode,
    composition: composed ? composition : undefined,
    sync: partial ? Uint32Array.from(sync) : undefined,
    end: parts.at(-1)?.end ?? 0,
  };
}
