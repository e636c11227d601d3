import { ascii, box, fullBox, join, uint32 } from './box-writer.ts';
import { PackagerError } from './error.ts';
import { mediaBox, movieHeader, trackHeader } from './init-segment.ts';
import type { AudioTrack, MediaIndex, VideoTrack } from './media-index.ts';
import { offsetTables, sizeTable, syncTable, timeTables } from './table-writer.ts';

/**
 * A plain MP4 with its movie header in front, made of new bytes and one stretch of the original: for players
 * that ignore rotation over HLS, for link previews, and for sources with very long groups of pictures.
 */
export interface ProgressiveFile {
  /** New bytes at the start of the file: `ftyp`, `moov` and the header of `mdat`. */
  readonly header: Uint8Array;
  /** The stretch of the original that follows, in bytes. */
  readonly body: { readonly offset: number; readonly length: number };
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Edits are in milliseconds. */
const MOVIE_TIMESCALE = 1000;

/**
 * Lays out the file. Throws `unsupported_container` for a source whose samples need rewriting. Costs about 12 bytes of header a sample; keep it
 * for as long as it is being read.
 */
export function createProgressive(index: MediaIndex): ProgressiveFile {
  const tracks = [...(index.video ? [index.video] : []), ...index.audio];
  if (tracks.some(({ rewrite }) => rewrite)) {
    throw new PackagerError(
      'unsupported_container',
      'A transport stream has no stretch that could be a plain MP4.',
    );
  }
  const body = bodyOf(tracks);
  const brands = box('ftyp', ascii('isom'), uint32(0x200), ascii('isomiso2mp41'));
  // Offsets have a fixed width, so a first pass with any shift tells how long the header is.
  const moov = (shift: number) => movieBox(tracks, index.duration, shift);
  const front = brands.length + moov(0).length + 16;
  const large = uint32(Math.floor((body.length + 16) / 2 ** 32), (body.length + 16) % 2 ** 32);
  const header = join([brands, moov(front - body.offset), uint32(1), ascii('mdat'), large]);
  return { header, body, size: header.length + body.length };
}

/** The shortest stretch of the original that holds every sample. */
function bodyOf(tracks: readonly (VideoTrack | AudioTrack)[]): { offset: number; length: number } {
  let first = Infinity;
  let end = 0;
  for (const { samples } of tracks) {
    for (let i = 0; i < samples.count; i++) {
      const offset = samples.offset[i] as number;
      first = Math.min(first, offset);
      end = Math.max(end, offset + (samples.size[i] as number));
    }
  }
  if (first >= end) throw new PackagerError('not_media', 'The file has no media.');
  return { offset: first, length: end - first };
}

/** `moov` of tracks whose samples stand `shift` bytes further on. */
export function movieBox(
  tracks: readonly (VideoTrack | AudioTrack)[],
  duration: number,
  shift: number,
): Uint8Array {
  const length = Math.round(duration * MOVIE_TIMESCALE);
  return box(
    'moov',
    movieHeader(MOVIE_TIMESCALE, length, tracks.length + 1),
    ...tracks.map((track, i) => trackBox(track, i + 1, shift)),
  );
}

function trackBox(track: VideoTrack | AudioTrack, id: number, shift: number): Uint8Array {
  const { samples, timescale } = track;
  const { tables, mediaTime, delay, length } = timeTables(samples);
  const toMovie = (units: number) => Math.round((units * MOVIE_TIMESCALE) / timescale);
  const empty = delay > 0 ? [toMovie(delay), -1, 0x10000] : [];
  const edits = [...empty, toMovie(samples.end - delay), mediaTime, 0x10000];
  return box(
    'trak',
    trackHeader(track, id, toMovie(samples.end)),
    box('edts', fullBox('elst', 0, 0, uint32(edits.length / 3, ...edits))),
    mediaBox(track, Math.min(length, 0xffff_ffff), [
      ...tables,
      ...syncTable(samples),
      sizeTable(samples),
      ...offsetTables(samples, shift),
    ]),
  );
}
