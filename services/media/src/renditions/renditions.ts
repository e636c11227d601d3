import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import { Bell } from '@ptsdly/kit';
import { listSegments, type MediaIndex, type PresentedTrack, type SegmentPlan } from '@ptsdly/packager';
import type { VideoRow } from '../database.ts';
import type { OfferedBytes } from '../library/object-answer.ts';
import type { OriginalSource, Packaged } from '../playback/packaged.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { type Grid, gridOf, nameGrid, startOf } from './grid.ts';
import { renditionIndexOf, renditionOf, soundTrackOf } from './names.ts';
import type { Piece, Pieces } from './pieces.ts';
import { renditionFile } from './rendition-download.ts';
import { type RenditionStore, rangeOf } from './rendition-store.ts';
import type { RenditionRow } from './rows.ts';
import { convertedChannels, type SoundGrid, soundGridOf } from './sound-grid.ts';
import type { WorkFolder } from './work-folder.ts';

export interface RenditionsOptions {
  readonly store: RenditionStore;
  readonly pieces: Pieces;
  readonly storage: LocalStorage;
  readonly work: WorkFolder;
  /** A viewer waits for a piece of a rendition. False when nobody is going to make it. */
  readonly hurry: (row: RenditionRow) => Promise<boolean>;
}

/** A segment of a rendition, and the bytes that it is made of. */
export interface RenditionSegment {
  readonly plan: SegmentPlan;
  readonly source: OriginalSource;
}

/** What a master playlist says of a track. */
type Described = Pick<PresentedTrack, 'codec' | 'bandwidth' | 'averageBandwidth'>;

/** A viewer's request is held so long; players ask again. */
const PATIENCE_MS = 8000;
/** How long the place of a viewer counts after the last request. */
const WANTED_MS = 60_000;
/** Between two looks while a request waits, should a ring be missed. */
const LOOK_MS = 1000;

/** What was made of originals, as viewers see it: whole, or window by window while it is being made. */
export class Renditions {
  readonly #options: RenditionsOptions;
  readonly #made = new Bell();
  /** The segment that was asked for last, by video and rendition. */
  readonly #wanted = new Map<string, { readonly segment: number; readonly at: number }>();

  constructor(options: RenditionsOptions) {
    this.#options = options;
  }

  /** Those that are cut as this index is. */
  async of(video: string, index: MediaIndex): Promise<RenditionRow[]> {
    const rows = await this.#options.store.ofVideo(video);
    if (rows.length === 0) return rows;
    const name = nameOf(gridOf(index));
    return rows.filter(({ grid }) => grid === name);
  }

  /** Rejects with `session_ended` when there is none of this name any more. */
  async require(video: string, name: string): Promise<RenditionRow> {
    const row = await this.#options.store.find(video, name);
    if (!row) throw new Problem('session_ended');
    return row;
  }

  /** The media playlist: all segments, those too that are still to be made. */
  async playlist(video: string, name: string, index: MediaIndex): Promise<string> {
    await this.require(video, name);
    return listSegments(listed(name, cutOf(name, index)));
  }

  /** Rejects with `unavailable` when the first window takes longer than a request may wait. */
  async init(video: string, name: string, index: MediaIndex): Promise<Uint8Array> {
    const piece = await this.#piece(video, name, cutOf(name, index), undefined);
    return piece.presentation.initSegment(piece.presentation.tracks[0]?.id ?? '');
  }

  /** Rejects with `not_found`, or `unavailable` when its window takes longer than a request may wait. */
  async segment(video: string, name: string, index: MediaIndex, n: number): Promise<RenditionSegment> {
    const grid = cutOf(name, index);
    if (n >= grid.starts.length) throw new Problem('not_found');
    const { presentation, source, from } = await this.#piece(video, name, grid, n);
    return { plan: presentation.segment(presentation.tracks[0]?.id ?? '', n - from), source };
  }

  /** What a master playlist says of a video rendition: what is sure to be enough, until all of it is there. */
  async pictureOf(row: RenditionRow, index: MediaIndex): Promise<Described> {
    const piece = await this.#find(row, cutOf(row.name, index), undefined).catch(() => undefined);
    const [track] = piece?.presentation.tracks ?? [];
    const codec = track?.codec ?? expectedCodec(row);
    if (row.state === 'ready' && track) return track;
    return { codec, bandwidth: row.bit_rate, averageBandwidth: row.bit_rate };
  }

  /** The same of a converted sound track. */
  async soundOf(row: RenditionRow, index: MediaIndex): Promise<Described & Pick<PresentedTrack, 'channels'>> {
    const sound = index.audio[soundTrackOf(row.name) ?? 0];
    const channels = sound && convertedChannels(sound);
    const [codec, bandwidth] = [SOUND_CODEC, row.bit_rate];
    const expected = { codec, channels, bandwidth, averageBandwidth: bandwidth };
    if (row.state !== 'ready') return expected;
    const { presentation } = await this.#options.pieces.whole(row, cutOf(row.name, index));
    return presentation.tracks[0] ?? expected;
  }

  /** A rendition that is ready, as a source of its own. */
  whole(row: RenditionRow, index: MediaIndex): Promise<Piece> {
    return this.#options.pieces.whole(row, cutOf(row.name, index));
  }

  /** A rendition with its sound as one plain MP4. Rejects as `renditionFile` does. */
  async download(video: VideoRow, name: string, packaged: Packaged): Promise<OfferedBytes> {
    const { index } = packaged;
    const rows = await this.of(video.id, index);
    return renditionFile(video, name, { rows, packaged, open: (row) => this.whole(row, index) });
  }

  /** The segment at which a viewer waits or plays; undefined when nobody does. */
  wanted(video: string, name: string): number | undefined {
    const wanted = this.#wanted.get(`${video}/${name}`);
    return wanted && performance.now() - wanted.at < WANTED_MS ? wanted.segment : undefined;
  }

  /** Something more of a rendition is there. */
  made(): void {
    this.#made.ring();
  }

  /** Removes one rendition, its objects and windows. */
  async remove(row: RenditionRow): Promise<void> {
    const { store, pieces, storage, work } = this.#options;
    await store.remove(row.video, row.name);
    pieces.forget(row.video, row.name);
    await storage.remove(renditionOf(row));
    await storage.remove(renditionIndexOf(row));
    await work.remove(row.video, row.name);
  }

  /** Removes all there is of a video that is gone, or has another original. */
  async forget(video: string): Promise<void> {
    for (const row of await this.#options.store.ofVideo(video)) await this.remove(row);
    this.#options.pieces.forget(video);
    await this.#options.work.remove(video);
    this.#made.ring();
  }

  /** The piece with segment `n`, or any when `n` is undefined; waits for it for a while. */
  async #piece(video: string, name: string, grid: Cut, n: number | undefined): Promise<Piece> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let hurried = false; ; ) {
      const rung = this.#made.wait(LOOK_MS);
      const row = await this.require(video, name);
      if (n !== undefined) this.#wanted.set(`${video}/${name}`, { segment: n, at: performance.now() });
      const piece = await this.#find(row, grid, n);
      if (piece) return piece;
      if (!hurried && !(await this.#options.hurry(row))) throw new Problem('not_playable');
      hurried = true;
      if (performance.now() > deadline) throw new Problem('unavailable', { retryAfter: 1 });
      await rung;
    }
  }

  async #find(row: RenditionRow, grid: Cut, n: number | undefined): Promise<Piece | undefined> {
    const { pieces, store } = this.#options;
    if (row.state === 'ready') return pieces.whole(row, grid);
    const windows = await store.windows(row.video, row.name);
    const found = windows.find((window) => {
      const { from, to } = rangeOf(window);
      return n === undefined || (n >= from && n < to);
    });
    if (!found) return undefined;
    // joined in this very moment, it is found whole the next time
    const opening = 'packets' in grid ? pieces.soundWindow(found, grid) : pieces.window(found, grid);
    return opening.catch(() => sleep(50).then(() => undefined));
  }
}

/** AAC-LC (RFC 6381 §3.3). */
const SOUND_CODEC = 'mp4a.40.2';

type Cut = Grid | SoundGrid;

/** Where a rendition is cut. Throws `not_found` when the original has no such track. */
function cutOf(name: string, index: MediaIndex): Cut {
  const track = soundTrackOf(name);
  const cut = track === undefined ? gridOf(index) : soundGridOf(index, track);
  if (!cut) throw new Problem('not_found');
  return cut;
}

const nameOf = (grid: Grid | undefined) => (grid ? nameGrid(grid) : '');

function listed(id: string, grid: Grid) {
  const lengths = grid.starts.map((start, n) => startOf(grid, n + 1) - start);
  return {
    ...{ id, segmentCount: grid.starts.length, independent: true },
    targetDuration: Math.max(1, Math.round(Math.max(...lengths))),
    segmentStart: (n: number) => startOf(grid, n),
  };
}

/** High profile at a level that takes such a picture at 60 frames a second (ITU-T H.264, table A-1). */
function expectedCodec({ width, height }: RenditionRow): string {
  const pixels = width * height;
  if (pixels <= 1280 * 720) return 'avc1.640020';
  if (pixels <= 2048 * 1088) return 'avc1.64002a';
  return 'avc1.640034';
}
