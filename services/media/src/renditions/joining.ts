import { open } from 'node:fs/promises';
import {
  type AudioTrack,
  createProgressive,
  encodeIndex,
  joinSound,
  joinVideo,
  type MediaIndex,
  type VideoTrack,
} from '@ptsdly/packager';
import { type Grid, startOf } from './grid.ts';
import type { Piece, Pieces } from './pieces.ts';
import type { RenditionStore } from './rendition-store.ts';
import type { RenditionRow, WindowRow } from './rows.ts';
import type { SoundGrid } from './sound-grid.ts';
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

/** Joins all windows of a picture without encoding anything again. */
export async function joinPictures(
  options: JoiningOptions,
  row: RenditionRow,
  grid: Grid,
  signal: AbortSignal,
): Promise<JoinedRendition> {
  const windows = await openWindows(options, row, (window) => options.pieces.window(window, grid));
  const parts = windows.map(({ piece, window, offset }) => ({
    ...{ index: piece.index, offset },
    start: startOf(grid, window.from_segment),
  }));
  return writeJoined(options, row, joinVideo(parts), windows, signal);
}

/** Joins all windows of a sound track without encoding anything again. */
export async function joinSounds(
  options: JoiningOptions,
  row: RenditionRow,
  { grid, language }: { readonly grid: SoundGrid; readonly language: string | undefined },
  signal: AbortSignal,
): Promise<JoinedRendition> {
  const windows = await openWindows(options, row, (window) => options.pieces.soundWindow(window, grid));
  const joined = joinSound(windows.map(({ piece, offset }) => ({ index: piece.index, offset })));
  const audio = joined.audio.map((track) => ({ ...track, language }));
  return writeJoined(options, row, { ...joined, audio }, windows, signal);
}

interface OpenWindow {
  readonly window: WindowRow;
  readonly piece: Piece;
  /** Bytes of the windows before it. */
  readonly offset: number;
}

async function openWindows(
  { store }: JoiningOptions,
  row: RenditionRow,
  openWindow: (window: WindowRow) => Promise<Piece>,
): Promise<OpenWindow[]> {
  const opened: OpenWindow[] = [];
  let offset = 0;
  for (const window of await store.windows(row.video, row.name)) {
    opened.push({ window, offset, piece: await openWindow(window) });
    offset += window.size_bytes;
  }
  return opened;
}

/** A new movie header in front, and the windows' files one behind the other as its media. */
async function writeJoined(
  { work }: JoiningOptions,
  row: RenditionRow,
  joined: MediaIndex,
  windows: readonly OpenWindow[],
  signal: AbortSignal,
): Promise<JoinedRendition> {
  const { header, body, size } = createProgressive(joined);
  work.requireRoom(size);
  const path = await work.make(row.video, `${row.name}-joined.mp4`);
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(header);
  for (const { piece, offset: at } of windows) {
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
  const move = <T extends VideoTrack | AudioTrack>(track: T): T => ({
    ...track,
    samples: { ...track.samples, offset: track.samples.offset.map((at) => at + shift) },
  });
  const { video, audio, ...rest } = index;
  return {
    ...{ ...rest, sourceSize, container: 'mp4' },
    ...(video && { video: move(video) }),
    audio: audio.map(move),
  };
}
