import { ascii, box, join, uint32 } from './box-writer.ts';
import { PackagerError } from './error.ts';
import type { AudioTrack, MediaIndex, Samples, VideoTrack } from './media-index.ts';
import { movieBox } from './progressive.ts';

/** A track, and which of several sources its samples stand in. */
export interface PlacedTrack {
  readonly track: VideoTrack | AudioTrack;
  readonly source: number;
}

/** A stretch of one of the sources, in bytes. */
export interface SourceStretch {
  readonly source: number;
  readonly offset: number;
  readonly length: number;
}

/** A plain MP4 whose media is gathered from several sources: new bytes, and then stretches of them, in order. */
export interface CombinedFile {
  /** `ftyp`, `moov` and the header of `mdat`. */
  readonly header: Uint8Array;
  readonly body: readonly SourceStretch[];
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Tracks take turns after so many seconds, so that a player finds sound and picture of one moment side by side. */
const TURN = 1;

/**
 * Lays out one file of tracks from several sources, nothing of which is encoded again. Throws `unsupported_container`
 * for a track whose samples need rewriting.
 */
export function createCombined(
  tracks: readonly PlacedTrack[],
  duration: MediaIndex['duration'],
): CombinedFile {
  if (tracks.some(({ track }) => track.rewrite)) {
    throw new PackagerError('unsupported_container', 'Samples of a transport stream cannot be gathered.');
  }
  const { body, offsets, length } = interleave(tracks);
  const moved = tracks.map(({ track }, i) => ({
    ...track,
    samples: { ...track.samples, offset: offsets[i] as Float64Array },
  }));
  const brands = box('ftyp', ascii('isom'), uint32(0x200), ascii('isomiso2mp41'));
  const moov = (shift: number) => movieBox(moved, duration, shift);
  const front = brands.length + moov(0).length + 16; // offsets have a fixed width
  const large = uint32(Math.floor((length + 16) / 2 ** 32), (length + 16) % 2 ** 32);
  const header = join([brands, moov(front), uint32(1), ascii('mdat'), large]);
  return { header, body, size: header.length + length };
}

/** Where each sample comes to stand, and what stands there. */
function interleave(tracks: readonly PlacedTrack[]) {
  const offsets = tracks.map(({ track }) => new Float64Array(track.samples.count));
  const next = tracks.map(() => 0);
  const body: SourceStretch[] = [];
  let length = 0;
  for (let turn = 1; tracks.some(({ track }, i) => (next[i] as number) < track.samples.count); turn++) {
    for (const [i, { track, source }] of tracks.entries()) {
      const { samples, timescale } = track;
      const until = turn * TURN * timescale;
      for (let at = next[i] as number; at < samples.count; next[i] = ++at) {
        if ((samples.decode[at] as number) >= until) break;
        (offsets[i] as Float64Array)[at] = length;
        length += append(body, source, samples, at);
      }
    }
  }
  return { body, offsets, length };
}

/** Returns the bytes of the sample. */
function append(body: SourceStretch[], source: number, samples: Samples, at: number): number {
  const [offset, size] = [samples.offset[at] as number, samples.size[at] as number];
  const last = body.at(-1);
  if (last?.source === source && last.offset + last.length === offset) {
    body[body.length - 1] = { ...last, length: last.length + size };
  } else if (size > 0) body.push({ source, offset, length: size });
  return size;
}
