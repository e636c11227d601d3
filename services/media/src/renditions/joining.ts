import { open } from 'node:fs/promises';
import {
  createProgressive,
  encodeIndex,
  joinVideo,
  type MediaIndex,
  type VideoPart,
  type VideoTrack,
} from '@ptsdly/packager';
import { type Grid, startOf } from './grid.ts';
import type { Piece, Pieces } from './pieces.ts';
import type { RenditionRow, RenditionStore } from './rendition-store.ts';
import type { WorkFolder } from './work-folder.ts';

/** A rendition as one plain MP4 in the work folder, and its index. */
export interface JoinedRendition {
  readonly path: string;
  readonly index: Uint8Array;
  /** Bytes of the file. */
  readonly size: number;
  /** Average bit/s. */
  readonly bitRate: number;
}

export interface JoiningOptions {
  readonly store: RenditionStore;
  readonly pieces: Pieces;
  readonly work: WorkFolder;
}

const CHUNK = 1024 * 1024;

/**
 * Joins all windows of a rendition without encoding anything again: a new movie header in front, and the windows' files
 * one behind the other as its media.
 */
export async function joinWindows(
  { store, pieces, work }: JoiningOptions,
  row: RenditionRow,
  grid: Grid,
  signal: AbortSignal,
): Promise<JoinedRendition> {
  const parts: (VideoPart & { readonly piece: Piece })[] = [];
  let offset = 0;
  for (const window of await store.windows(row.video, row.name)) {
    const piece = await pieces.window(window, grid);
    parts.push({ index: piece.index, start: startOf(grid, window.from_segment), offset, piece });
    offset += window.size_bytes;
  }
  work.requireRoom(offset);
  const joined = joinVideo(parts);
  const { header, body, size } = createProgressive(joined);
  const path = await work.make(row.video, `${row.name}-joined.mp4`);
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(header);
  for (const { piece, offset: at } of parts) {
    const first = Math.max(0, body.offset - at);
    const last = Math.min(piece.source.size, body.offset + body.length - at);
    for (let from = first; from < last; from += CHUNK) {
      signal.throwIfAborted();
      await file.writeFile(await piece.source.read(from, Math.min(CHUNK, last - from)));
    }
  }
  await file.datasync();
  const index = moved(joined, header.length - body.offset, size);
  return { path, size, index: encodeIndex(index), bitRate: Math.round((size * 8) / joined.duration) };
}

/** The index of the same samples, further on in another file. */
function moved(index: MediaIndex, shift: number, sourceSize: number): MediaIndex {
  const video = index.video as VideoTrack;
  const samples = { ...video.samples, offset: video.samples.offset.map((at) => at + shift) };
  return { ...index, sourceSize, container: 'mp4', video: { ...video, samples } };
}
