import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Transcoder } from '../transcoder.ts';
import { type Grid, gridOf, nameGrid, startOf } from './grid.ts';
import { joinPictures } from './joining.ts';
import { type Rung, rungOf } from './ladder.ts';
import { videoName } from './names.ts';
import { rungSource } from './needs.ts';
import type { RenditionRow } from './rows.ts';
import { openTrackInput, type TrackInput, type TrackInputOptions } from './track-input.ts';
import {
  makeInWindows,
  type WindowedRunOptions,
  type WindowMaker,
  type WindowOrder,
} from './windowed-run.ts';

export interface RenditionJobOptions extends WindowedRunOptions, TrackInputOptions {
  readonly presentations: Presentations;
  readonly transcoder: Transcoder;
}

/** Makes one H.264 rendition; a window is one ffmpeg. */
export function renditionJob(options: RenditionJobOptions): JobKind {
  return {
    name: 'rendition',
    priority: priorities.rendition,
    run: (work) => makePicture(options, work),
    async gaveUp({ video, params }) {
      const row = await options.store.find(video.id, videoName(Number(params.height)));
      options.renditions.made(); // whoever waits is told
      if (row?.state === 'making') await options.renditions.remove(row);
    },
  };
}

async function makePicture(options: RenditionJobOptions, job: JobWork): Promise<void> {
  const packaged = await options.presentations.get(job.video);
  const grid = gridOf(packaged.index);
  if (!grid) return;
  const rung = rungOf(rungSource(packaged.index), Number(job.params.height));
  const row = await beginRendition(options, job.video.id, rung, grid);
  await using input = await openTrackInput(options, packaged, row, { kind: 'video', track: 0 });
  await makeInWindows(options, job, pictureMaker(options, packaged, input, { rung, row, grid }));
}

interface PicturePlan {
  readonly rung: Rung;
  readonly row: RenditionRow;
  readonly grid: Grid;
}

/**
 * VC-1 of the advanced profile, packed as in AVI: its packets carry the times at which they are decoded, and a decoder,
 * which waits for B pictures, shows each of them a frame later (ADR 36).
 */
const LATE = /^V_MS\/VFW\/(WVC1|WMVA)$/;
/** Seconds behind a window without which its last picture would not be decoded. */
const LATE_SECONDS = 0.5;

function pictureMaker(
  options: RenditionJobOptions,
  packaged: Packaged,
  input: TrackInput,
  { rung, row, grid }: PicturePlan,
): WindowMaker {
  const { transcoder, pieces } = options;
  const { index } = packaged;
  const isLate = index.video !== undefined && LATE.test(index.video.codec);
  const slack = isLate ? LATE_SECONDS : 0;
  const make = async ({ range, path, output, priority, signal, onProgress }: WindowOrder) => {
    const [from, to] = [startOf(grid, range.from), startOf(grid, range.to)];
    {
      await using part = await input.part(from, to + slack);
      signal.throwIfAborted();
      const task = {
        ...({ kind: 'video', priority, input: part.input, track: part.track, from, to, output } as const),
        ...{ width: rung.width, height: rung.height, maxBitRate: rung.maxBitRate },
        ...{ keyFrames: grid.starts.slice(range.from + 1, range.to), toneMap: toneMapOf(packaged) },
        ...(index.outside && { frameRate: rungSource(index).frameRate }),
        ...(isLate && { delay: 1 / rungSource(index).frameRate }),
      };
      await transcoder.run(task, { signal, onProgress });
    }
    await pieces.open(path, grid, range.from, range.to);
  };
  return {
    ...{ row, grid, make },
    bytesOf: (seconds) => (seconds * rung.maxBitRate) / 8,
    join: (signal) => joinPictures(options, row, grid, signal),
  };
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

function toneMapOf({ index }: Packaged): 'none' | 'pq' | 'hlg' {
  const range = index.video?.videoRange;
  if (range === 'PQ') return 'pq';
  return range === 'HLG' ? 'hlg' : 'none';
}
