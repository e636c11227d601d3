import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createPresentation, decodeIndex, type MediaIndex, type Presentation } from '@ptsdly/packager';
import type { Indexer } from '../indexing/indexer.ts';
import { objectSource } from '../library/object-source.ts';
import type { OriginalSource } from '../playback/packaged.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { type Grid, startOf } from './grid.ts';
import { renditionIndexOf, renditionOf } from './names.ts';
import type { RenditionRow, WindowRow } from './rows.ts';
import type { SoundGrid } from './sound-grid.ts';
import { placeWindow } from './sound-window.ts';
import type { WorkFolder } from './work-folder.ts';

/** A stretch of a rendition, or all of it, ready to be cut. */
export interface Piece {
  readonly presentation: Presentation;
  readonly index: MediaIndex;
  readonly source: OriginalSource;
  /** The segment of the grid that is its first. */
  readonly from: number;
}

export interface PiecesOptions {
  readonly storage: LocalStorage;
  readonly work: WorkFolder;
  readonly indexer: Indexer;
}

/** Pieces are small where they are windows, and few where they are whole. */
const KEPT = 32;

/** Opens what has been made; keeps what was used last. */
export class Pieces {
  readonly #options: PiecesOptions;
  readonly #kept = new Map<string, Promise<Piece>>();

  constructor(options: PiecesOptions) {
    this.#options = options;
  }

  /** A rendition that is ready. Rejects with the storage's error when it is gone. */
  whole(row: RenditionRow, grid: Grid): Promise<Piece> {
    return this.#keep(`${row.video}/${row.name}`, async () => {
      const { storage } = this.#options;
      const index = decodeIndex(await readObject(storage, renditionIndexOf(row)));
      const source = objectSource(storage, renditionOf(row), row.size_bytes);
      const boundaries = grid.starts.slice(1);
      return { index, source, presentation: createPresentation(index, { boundaries }), from: 0 };
    });
  }

  /** A window of one that is being made. Rejects when its file is gone or is not what was asked for. */
  window(row: WindowRow, grid: Grid): Promise<Piece> {
    const file = windowFile(row.rendition, row.from_segment);
    return this.#keep(`${row.video}/${file}`, () =>
      this.open(this.#options.work.path(row.video, file), grid, row.from_segment, row.to_segment),
    );
  }

  /** The same of a converted sound track. */
  soundWindow(row: WindowRow, grid: SoundGrid): Promise<Piece> {
    const file = windowFile(row.rendition, row.from_segment);
    return this.#keep(`${row.video}/${file}`, () =>
      this.openSound(this.#options.work.path(row.video, file), grid, row.from_segment, row.to_segment),
    );
  }

  /** Opens the file of a window of sound and checks that all of it is there. */
  async openSound(path: string, grid: SoundGrid, from: number, to: number): Promise<Piece> {
    const made = await this.indexFile(path);
    if (made.audio[0]?.sampleRate !== grid.sampleRate)
      throw new Error('sound has another rate than asked for');
    const index = placeWindow(made, grid, from, to);
    const presentation = createPresentation(index, { boundaries: grid.starts.slice(from + 1, to) });
    if (presentation.tracks[0]?.segmentCount !== to - from) {
      throw new Error('a window of sound does not have the segments that it should');
    }
    return { index, presentation, source: fileSource(path, made.sourceSize), from };
  }

  /** Opens the file of a window and checks that it has the segments that it should. */
  async open(path: string, grid: Grid, from: number, to: number): Promise<Piece> {
    const index = await this.indexFile(path);
    const boundaries = grid.starts.slice(from + 1, to);
    const presentation = createPresentation(index, { boundaries, start: startOf(grid, from) });
    const [track] = presentation.tracks;
    const off = (track?.segmentStart(track.segmentCount) ?? 0) - startOf(grid, to);
    if (track?.segmentCount !== to - from || Math.abs(off) > TOLERANCE) {
      throw new Error('a window does not have the segments of the original');
    }
    return { index, presentation, source: fileSource(path, index.sourceSize), from };
  }

  /** The index of a file that the transcoder made. Rejects when it is none. */
  async indexFile(path: string): Promise<MediaIndex> {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const answer = await this.#options.indexer.index({ fd: file.fd, size });
    if (!answer.ok) throw new Error(`what was made cannot be read: ${answer.detail}`);
    if (!('index' in answer)) throw new Error('what was made was not read');
    return decodeIndex(answer.index);
  }

  /** All of a video, or of one rendition of it. */
  forget(video: string, name = ''): void {
    for (const key of this.#kept.keys()) if (key.startsWith(`${video}/${name}`)) this.#kept.delete(key);
  }

  #keep(key: string, make: () => Promise<Piece>): Promise<Piece> {
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const piece = known ?? make();
    this.#kept.set(key, piece);
    if (!known) {
      piece.catch(() => {
        if (this.#kept.get(key) === piece) this.#kept.delete(key);
      });
    }
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return piece;
  }
}

/** Seconds by which a window may end beside its place: less than a frame of any camera. */
const TOLERANCE = 0.05;

/** Of a window, in the video's work folder. */
export const windowFile = (rendition: string, from: number): string => `${rendition}/${from}.mp4`;

async function readObject(storage: LocalStorage, name: string): Promise<Uint8Array> {
  const stat = await storage.stat(name);
  const bytes = new Uint8Array(stat?.size ?? 0);
  await storage.read(name, 0, bytes);
  return bytes;
}

function fileSource(path: string, size: number): OriginalSource {
  const read = async (offset: number, length: number) => {
    await using file = await open(path, 'r');
    const target = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await file.read(target, at, length - at, offset + at);
      if (bytesRead === 0) throw new RangeError('the file ends before');
      at += bytesRead;
    }
    return target;
  };
  return {
    ...{ size, read },
    async stream(start, end, write) {
      if (end <= start) return;
      for await (const chunk of createReadStream(path, { start, end: end - 1 })) await write(chunk as Buffer);
    },
  };
}
