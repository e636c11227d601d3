import { AAC_PACKET, type AudioTrack, type MediaIndex } from '@ptsdly/packager';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Transcoder } from '../transcoder.ts';
import { gridOf, nameGrid } from './grid.ts';
import { joinSounds } from './joining.ts';
import { soundName } from './names.ts';
import type { RenditionRow } from './rows.ts';
import { convertedChannels, type SoundGrid, soundGridOf } from './sound-grid.ts';
import { LEAD_PACKETS } from './sound-window.ts';
import { openTrackInput, type TrackInput, type TrackInputOptions } from './track-input.ts';
import {
  makeInWindows,
  type WindowedRunOptions,
  type WindowMaker,
  type WindowOrder,
} from './windowed-run.ts';

export interface SoundJobOptions extends WindowedRunOptions, TrackInputOptions {
  readonly presentations: Presentations;
  readonly transcoder: Transcoder;
}

/** bit/s of a channel, and of all of them at least. */
const CHANNEL_BIT_RATE = 64_000;
const LEAST_BIT_RATE = 96_000;
/** Sound is made many times faster than it plays, so that windows may be longer than those of the picture. */
const WINDOW_SECONDS = 120;
/** What the encoder looks ahead at, so that the last packet of a window is what it would be in one go. */
const TAIL_PACKETS = 2;

/** Makes AAC of a sound track that browsers do not take; shared by all renditions of the picture. */
export function soundJob(options: SoundJobOptions): JobKind {
  return {
    name: 'audio',
    priority: priorities.audio,
    run: (work) => makeSound(options, work),
    async gaveUp({ video, params }) {
      const row = await options.store.find(video.id, soundName(Number(params.track)));
      options.renditions.made(); // whoever waits is told
      if (row?.state === 'making') await options.renditions.remove(row);
    },
  };
}

async function makeSound(options: SoundJobOptions, job: JobWork): Promise<void> {
  const packaged = await options.presentations.get(job.video);
  const track = Number(job.params.track);
  const sound = packaged.index.audio[track];
  const grid = soundGridOf(packaged.index, track);
  if (!sound || !grid) return;
  const row = await beginSound(options, job.video.id, packaged.index, track);
  if (!row) return;
  await using input = await openTrackInput(options, packaged, row, { kind: 'audio', track });
  await makeInWindows(options, job, soundMaker(options, input, { row, grid, sound }));
}

interface SoundPlan {
  readonly row: RenditionRow;
  readonly grid: SoundGrid;
  readonly sound: AudioTrack;
}

function soundMaker(
  options: SoundJobOptions,
  input: TrackInput,
  { row, grid, sound }: SoundPlan,
): WindowMaker {
  const { transcoder, pieces } = options;
  const { sampleRate, packets } = grid;
  const make = async ({ range, path, output, priority, signal, onProgress }: WindowOrder) => {
    const from = Math.max(0, (packets[range.from] ?? 0) - LEAD_PACKETS) * AAC_PACKET;
    const to = ((packets[range.to] ?? 0) + TAIL_PACKETS) * AAC_PACKET;
    {
      await using part = await input.part(from / sampleRate, to / sampleRate);
      signal.throwIfAborted();
      const task = {
        ...({ kind: 'audio', priority, input: part.input, track: part.track, output } as const),
        ...{ sampleRate, from, to, channels: convertedChannels(sound), bitRate: soundBitRate(sound) },
      };
      await transcoder.run(task, { signal, onProgress });
    }
    await pieces.openSound(path, grid, range.from, range.to);
  };
  return {
    ...{ row, grid, make, usualSeconds: WINDOW_SECONDS },
    bytesOf: (seconds) => (seconds * row.bit_rate) / 8,
    join: (signal) => joinSounds(options, row, { grid, language: sound.language }, signal),
  };
}

/**
 * The row of a converted sound track, made if there is none; sessions that begin from now on may list it. Undefined when
 * there is no such track.
 */
export async function beginSound(
  { store, renditions }: Pick<SoundJobOptions, 'store' | 'renditions'>,
  video: string,
  index: MediaIndex,
  track: number,
): Promise<RenditionRow | undefined> {
  const sound = index.audio[track];
  if (!sound) return undefined;
  const name = soundName(track);
  const picture = gridOf(index);
  const grid = picture ? nameGrid(picture) : '';
  const known = await store.find(video, name);
  if (known && known.grid === grid) return known;
  if (known) await renditions.remove(known);
  const row: RenditionRow = {
    ...{ video, name, kind: 'audio', width: 0, height: 0, bit_rate: soundBitRate(sound) },
    ...{ grid, state: 'making', size_bytes: 0, created_at: new Date().toISOString() },
  };
  await store.put(row);
  return row;
}

const soundBitRate = (sound: AudioTrack) =>
  Math.max(LEAST_BIT_RATE, convertedChannels(sound) * CHANNEL_BIT_RATE);
