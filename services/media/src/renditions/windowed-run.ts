import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@ptsdly/kit';
import type { JobWork } from '../jobs/job-kind.ts';
import { type Grid, nextWindow, type SegmentRange, startOf } from './grid.ts';
import type { JoinedRendition } from './joining.ts';
import { type Pieces, windowFile } from './pieces.ts';
import { type RenditionStore, rangeOf } from './rendition-store.ts';
import type { Renditions } from './renditions.ts';
import type { RenditionRow, WindowRow } from './rows.ts';
import type { WorkFolder } from './work-folder.ts';

export interface WindowedRunOptions {
  readonly store: RenditionStore;
  readonly renditions: Renditions;
  readonly pieces: Pieces;
  readonly work: WorkFolder;
  /** Puts a joined rendition into the storage. */
  readonly keep: (row: RenditionRow, joined: JoinedRendition) => Promise<void>;
  /** Called when a rendition is ready. */
  readonly onReady: (row: RenditionRow) => Promise<void>;
  readonly log: Logger;
}

/** One window that is to be made. */
export interface WindowOrder {
  readonly range: SegmentRange;
  /** Where it goes: a path, and as the transcoder wants it. */
  readonly path: string;
  readonly output: string;
  readonly priority: 'viewer' | 'background';
  readonly signal: AbortSignal;
  /** Seconds of it that exist. */
  readonly onProgress: (seconds: number) => void;
}

/** How the windows of one rendition are made. */
export interface WindowMaker {
  readonly row: RenditionRow;
  readonly grid: Grid;
  /** Seconds of a window where nobody waits, if not the usual. */
  readonly usualSeconds?: number;
  /** Bytes that so many seconds take at most. */
  bytesOf(seconds: number): number;
  /** Rejects when what came out is not what was asked for. */
  make(order: WindowOrder): Promise<void>;
  join(signal: AbortSignal): Promise<JoinedRendition>;
}

/** Of the time it takes, this share is known to be left for the joining. */
const JOINING = 0.02;

/**
 * Makes a rendition window by window, the viewer's first (DESIGN §6.6). Each finished window is kept with its checksum
 * and served at once; when all are there they are joined. A run takes up what an earlier one left.
 */
export async function makeInWindows(
  options: WindowedRunOptions,
  job: JobWork,
  maker: WindowMaker,
): Promise<void> {
  const { store, renditions, keep, onReady } = options;
  const { row, grid, usualSeconds } = maker;
  if (row.state === 'ready') return;
  await removeBroken(options, row);
  for (;;) {
    const windows = await store.windows(row.video, row.name);
    const done = coverage(grid, windows);
    job.progress(done * (1 - JOINING));
    const wanted = renditions.wanted(row.video, row.name);
    const range = nextWindow(grid, windows.map(rangeOf), wanted, usualSeconds);
    if (!range) break;
    job.signal.throwIfAborted();
    if (job.isWanted && wanted === undefined) job.pause();
    const onProgress = (seconds: number) =>
      job.progress((done + seconds / Math.max(grid.end, seconds)) * (1 - JOINING));
    await makeWindow(options, maker, {
      ...{ range, signal: job.signal, onProgress },
      priority: wanted === undefined ? 'background' : 'viewer',
    });
  }
  await keep(row, await maker.join(job.signal));
  renditions.made();
  await onReady(row);
}

async function makeWindow(
  { work, store, renditions, log }: WindowedRunOptions,
  { row, grid, bytesOf, make }: WindowMaker,
  order: Omit<WindowOrder, 'path' | 'output'>,
): Promise<void> {
  const { from, to } = order.range;
  work.requireRoom(bytesOf(startOf(grid, to) - startOf(grid, from)));
  const file = windowFile(row.name, from);
  const path = await work.make(row.video, file);
  await make({ ...order, path, output: work.name(row.video, file) });
  const window: WindowRow = {
    ...{ video: row.video, rendition: row.name, from_segment: from, to_segment: to },
    ...{ size_bytes: (await stat(path)).size, sha256: await checksum(path) },
  };
  await synced(path);
  await store.addWindow(window);
  log.debug({ videoId: row.video, rendition: row.name, from, to }, 'a window is made');
  renditions.made();
}

/** A window whose file is not what was written down is made again. */
async function removeBroken({ store, work, pieces }: WindowedRunOptions, row: RenditionRow): Promise<void> {
  for (const window of await store.windows(row.video, row.name)) {
    const file = windowFile(row.name, window.from_segment);
    const sha256 = await checksum(work.path(row.video, file)).catch(() => undefined);
    if (sha256 === window.sha256) continue;
    await store.removeWindow(window);
    pieces.forget(row.video, file);
  }
}

function coverage(grid: Grid, windows: readonly WindowRow[]): number {
  const seconds = windows
    .map(rangeOf)
    .reduce((sum, { from, to }) => sum + startOf(grid, to) - startOf(grid, from), 0);
  return grid.end > 0 ? seconds / grid.end : 0;
}

/** SHA-256 of a file, hex. */
async function checksum(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function synced(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.datasync();
}
