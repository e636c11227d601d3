import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Transcoder } from '../transcoder.ts';
import { type Grid, gridOf, nameGrid, nextWindow, type SegmentRange, startOf } from './grid.ts';
import { type JoinedRendition, joinWindows } from './joining.ts';
import { type Rung, rungOf } from './ladder.ts';
import { videoName } from './names.ts';
import { rungSource } from './needs.ts';
import { type Pieces, windowFile } from './pieces.ts';
import { type RenditionRow, type RenditionStore, rangeOf, type WindowRow } from './rendition-store.ts';
import type { Renditions } from './renditions.ts';
import { writeWindowInput } from './window-input.ts';
import type { WorkFolder } from './work-folder.ts';

export interface RenditionJobOptions {
  readonly store: RenditionStore;
  readonly renditions: Renditions;
  readonly pieces: Pieces;
  readonly presentations: Presentations;
  readonly work: WorkFolder;
  readonly transcoder: Transcoder;
  /** Puts a joined rendition into the storage. */
  readonly keep: (row: RenditionRow, joined: JoinedRendition) => Promise<void>;
  /** Called when a rendition is ready. */
  readonly onReady: (row: RenditionRow) => void;
}

/** A window of a rendition is one ffmpeg; of the time it takes, this share is known to be left for the joining. */
const JOINING = 0.02;

/**
 * Makes one H.264 rendition, window by window, the viewer's first (DESIGN §6.6). Each finished window is kept with
 * its checksum and served at once; when all are there they are joined. A run takes up what an earlier one left.
 */
export function renditionJob(options: RenditionJobOptions): JobKind {
  return {
    name: 'rendition',
    priority: priorities.rendition,
    run: (work) => new RenditionRun(options, work).run(),
    async gaveUp({ video, params }) {
      const row = await options.store.find(video.id, videoName(Number(params.height)));
      options.renditions.made(); // whoever waits is told
      if (row?.state === 'making') await options.renditions.remove(row);
    },
  };
}

class RenditionRun {
  readonly #options: RenditionJobOptions;
  readonly #work: JobWork;

  constructor(options: RenditionJobOptions, work: JobWork) {
    this.#options = options;
    this.#work = work;
  }

  async run(): Promise<void> {
    const { presentations, store, renditions, onReady, keep } = this.#options;
    const packaged = await presentations.get(this.#work.video);
    const grid = gridOf(packaged.index);
    if (!grid) return;
    const rung = rungOf(rungSource(packaged.index), Number(this.#work.params.height));
    const row = await beginRendition(this.#options, this.#work.video.id, rung, grid);
    if (row.state === 'ready') return;
    await this.#removeBroken(row);
    for (;;) {
      const windows = await store.windows(row.video, row.name);
      this.#work.progress(coverage(grid, windows) * (1 - JOINING));
      const wanted = renditions.wanted(row.video, row.name);
      const next = nextWindow(grid, windows.map(rangeOf), wanted);
      if (!next) break;
      this.#work.signal.throwIfAborted();
      if (this.#work.isWanted && wanted === undefined) this.#work.pause();
      const done = coverage(grid, windows);
      await this.#make(packaged, grid, rung, row, next, wanted !== undefined, done);
    }
    await keep(row, await joinWindows(this.#options, row, grid, this.#work.signal));
    renditions.made();
    onReady(row);
  }

  async #make(
    packaged: Packaged,
    grid: Grid,
    rung: Rung,
    row: RenditionRow,
    range: SegmentRange,
    isAwaited: boolean,
    done: number,
  ): Promise<void> {
    const { work, transcoder, pieces, store, renditions } = this.#options;
    const { signal, progress } = this.#work;
    const [from, to] = [startOf(grid, range.from), startOf(grid, range.to)];
    const track = packaged.index.video;
    if (!track) return;
    work.requireRoom(((to - from) * rung.maxBitRate) / 8);
    const file = windowFile(row.name, range.from);
    const output = await work.make(row.video, file);
    {
      const { source } = packaged;
      await using input = await writeWindowInput(work, row.video, row.name, source, track, {
        start: from,
        end: to,
      });
      signal.throwIfAborted();
      await transcoder.run(
        {
          kind: 'video',
          priority: isAwaited ? 'viewer' : 'background',
          input: { path: input.path, demuxer: input.demuxer },
          ...{ track: 0, from, to, output: work.name(row.video, file) },
          ...{ width: rung.width, height: rung.height, maxBitRate: rung.maxBitRate },
          keyFrames: grid.starts.slice(range.from + 1, range.to),
          toneMap: toneMapOf(packaged),
        },
        { signal, onProgress: (seconds) => progress((done + seconds / grid.end) * (1 - JOINING)) },
      );
    }
    await pieces.open(output, grid, range.from, range.to);
    const window: WindowRow = {
      ...{ video: row.video, rendition: row.name },
      ...{ from_segment: range.from, to_segment: range.to },
      ...{ size_bytes: (await stat(output)).size, sha256: await checksum(output) },
    };
    await synced(output);
    await store.addWindow(window);
    renditions.made();
  }

  /** A window whose file is not what was written down is made again. */
  async #removeBroken(row: RenditionRow): Promise<void> {
    const { store, work, pieces } = this.#options;
    for (const window of await store.windows(row.video, row.name)) {
      const path = work.path(row.video, windowFile(row.name, window.from_segment));
      const sha256 = await checksum(path).catch(() => undefined);
      if (sha256 === window.sha256) continue;
      await store.removeWindow(window);
      pieces.forget(row.video, windowFile(row.name, window.from_segment));
    }
  }
}

/**
 * The row of a rendition, made if there is none; sessions that begin from now on may list it. One that was cut
 * another way is removed first.
 */
export async function beginRendition(
  { store, renditions }: Pick<RenditionJobOptions, 'store' | 'renditions'>,
  video: string,
  rung: Rung,
  grid: Grid,
): Promise<RenditionRow> {
  const name = videoName(rung.lines);
  const known = await store.find(video, name);
  if (known && known.grid === nameGrid(grid)) return known;
  if (known) await renditions.remove(known);
  const row: RenditionRow = {
    ...{ video, name, kind: 'video', width: rung.width, height: rung.height },
    ...{ bit_rate: rung.maxBitRate, grid: nameGrid(grid), state: 'making', size_bytes: 0 },
    created_at: new Date().toISOString(),
  };
  await store.put(row);
  return row;
}

function coverage(grid: Grid, windows: readonly WindowRow[]): number {
  const seconds = windows
    .map(rangeOf)
    .reduce((sum, { from, to }) => sum + startOf(grid, to) - startOf(grid, from), 0);
  return grid.end > 0 ? seconds / grid.end : 0;
}

function toneMapOf({ index }: Packaged): 'none' | 'pq' | 'hlg' {
  const range = index.video?.videoRange;
  if (range === 'PQ') return 'pq';
  return range === 'HLG' ? 'hlg' : 'none';
}

/** SHA-256 of a file, hex. */
export async function checksum(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function synced(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.datasync();
}
