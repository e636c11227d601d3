import { corrupt, PackagerError } from './error.ts';
import type { AudioTrack, MediaIndex, Samples } from './media-index.ts';

/** Samples in a packet of AAC-LC (ISO/IEC 14496-3 §4.5.2.1.1). */
export const AAC_PACKET = 1024;

/** Where a stretch of sound that an AAC encoder made belongs. All are packets. */
export interface SoundPlace {
  /** The first that it is for, on the timeline of the whole. */
  readonly first: number;
  /** How many. */
  readonly count: number;
  /** How many the encoder was given in front of them, beside its own priming one. */
  readonly lead: number;
}

/**
 * The packets of a stretch that stand in the whole, at their times there; a packet decodes together with the one before
 * it, so what was given in front only brings the encoder to where it would be in one go. The very first keeps its
 * priming packet, as an original does. Throws `corrupt` when there are fewer than there should be.
 */
export function placeSound(index: MediaIndex, { first, count, lead }: SoundPlace): MediaIndex {
  const [track] = index.audio;
  if (!track) throw new PackagerError('not_media', 'A piece has no sound.');
  const primed = first === 0 ? 1 : 0;
  const from = 1 + lead - primed;
  if (track.samples.count < from + count + primed) throw corrupt('A piece of sound is too short.');
  const { offset, size } = track.samples;
  const to = from + count + primed;
  const decode = Float64Array.from({ length: to - from }, (_, i) =>
    Math.max(0, (first + i - primed) * AAC_PACKET),
  );
  const samples: Samples = {
    ...{ count: to - from, offset: offset.slice(from, to), size: size.slice(from, to), decode },
    composition: primed ? Int32Array.from(decode, (_, i) => (i === 0 ? -AAC_PACKET : 0)) : undefined,
    ...{ sync: undefined, end: (first + count) * AAC_PACKET },
  };
  return alone(index, { ...track, timescale: track.sampleRate, samples });
}

/** A placed stretch, and where its file begins in the files put one behind the other. */
export interface SoundPart {
  readonly index: MediaIndex;
  readonly offset: number;
}

/** Makes one index of placed stretches in order of time. Throws `unsupported_codec` or `corrupt`. */
export function joinSound(parts: readonly SoundPart[]): MediaIndex {
  const tracks = parts.flatMap(({ index, offset }) => index.audio.map((track) => ({ track, offset })));
  const [first] = tracks;
  const [part] = parts;
  if (!first || !part) throw new PackagerError('not_media', 'There are no pieces to join.');
  for (const { track } of tracks) requireSame(first.track, track);
  const sourceSize = parts.reduce((end, { index, offset }) => Math.max(end, offset + index.sourceSize), 0);
  return alone({ ...part.index, sourceSize }, { ...first.track, samples: joinSamples(tracks) });
}

function alone(index: MediaIndex, track: AudioTrack): MediaIndex {
  const { video: _, ...rest } = index;
  return { ...rest, duration: track.samples.end / track.timescale, audio: [track] };
}

function requireSame(first: AudioTrack, other: AudioTrack): void {
  const same =
    first.timescale === other.timescale &&
    first.format === other.format &&
    first.channels === other.channels &&
    Buffer.compare(first.config, other.config) === 0;
  if (!same) throw new PackagerError('unsupported_codec', 'The pieces were not made with the same settings.');
}

function joinSamples(parts: readonly { readonly track: AudioTrack; readonly offset: number }[]): Samples {
  let before = 0;
  for (const { track } of parts) {
    if ((track.samples.decode[0] ?? 0) < before) throw corrupt('The pieces overlap.');
    before = track.samples.end;
  }
  const all = <T>(pick: (samples: Samples, offset: number) => Iterable<T>) =>
    parts.flatMap(({ track, offset }) => [...pick(track.samples, offset)]);
  const decode = Float64Array.from(all(({ decode: times }) => times));
  return {
    count: decode.length,
    offset: Float64Array.from(all(({ offset: at }, shift) => at.map((one) => one + shift))),
    size: Uint32Array.from(all(({ size }) => size)),
    decode,
    composition: Int32Array.from(all(({ composition, count }) => composition ?? new Int32Array(count))),
    sync: undefined,
    end: before,
  };
}
