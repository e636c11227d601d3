import { encodeIndex, type MediaIndex } from '@ptsdly/packager';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Transcoder } from '../transcoder.ts';
import { gridOf, nameGrid } from './grid.ts';
import type { JoinedRendition } from './joining.ts';
import { soundName } from './names.ts';
import type { Pieces } from './pieces.ts';
import type { RenditionRow, RenditionStore } from './rendition-store.ts';
import type { Renditions } from './renditions.ts';
import { wholeOf, writeWindowInput } from './window-input.ts';
import type { WorkFolder } from './work-folder.ts';

export interface SoundJobOptions {
  readonly store: RenditionStore;
  readonly renditions: Renditions;
  readonly pieces: Pieces;
  readonly presentations: Presentations;
  readonly work: WorkFolder;
  readonly transcoder: Transcoder;
  readonly keep: (row: RenditionRow, made: JoinedRendition) => Promise<void>;
  readonly onReady: (row: RenditionRow) => void;
}

const MOST_CHANNELS = 6;
/** bit/s of a channel, and of all of them at least. */
const CHANNEL_BIT_RATE = 64_000;
const LEAST_BIT_RATE = 96_000;

/** Makes AAC of a sound track that browsers do not take; shared by all renditions of the picture. */
export function soundJob(options: SoundJobOptions): JobKind {
  return {
    name: 'audio',
    priority: priorities.audio,
    run: (work) => makeSound(options, work),
  };
}

async function makeSound(options: SoundJobOptions, job: JobWork): Promise<void> {
  const { store, presentations, transcoder, work, pieces, renditions, keep, onReady } = options;
  const { video, signal } = job;
  const track = Number(job.params.track);
  const { index, source } = await presentations.get(video);
  const sound = index.audio[track];
  if (!sound) return;
  const grid = gridOf(index);
  const gridName = grid ? nameGrid(grid) : '';
  const name = soundName(track);
  const known = await store.find(video.id, name);
  if (known?.state === 'ready' && known.grid === gridName) return;
  if (known) await renditions.remove(known);
  const channels = Math.min(MOST_CHANNELS, Math.max(1, sound.channels));
  const bitRate = Math.max(LEAST_BIT_RATE, channels * CHANNEL_BIT_RATE);
  work.requireRoom((index.duration * bitRate) / 8);
  const outputFile = `${name}.mp4`;
  {
    await using input = await writeWindowInput(work, video.id, name, source, sound, wholeOf(sound));
    signal.throwIfAborted();
    await transcoder.run(
      {
        ...{ kind: 'audio', priority: 'viewer', track: 0, channels, bitRate },
        input: { path: input.path, demuxer: input.demuxer },
        output: work.name(video.id, outputFile),
      },
      { signal, onProgress: (seconds) => job.progress(seconds / index.duration) },
    );
  }
  const path = work.path(video.id, outputFile);
  const made = await pieces.indexFile(path);
  const row: RenditionRow = {
    ...{ video: video.id, name, kind: 'audio', width: 0, height: 0, bit_rate: bitRate },
    ...{ grid: gridName, state: 'making', size_bytes: made.sourceSize, created_at: new Date().toISOString() },
  };
  await store.put(row);
  const labelled = withLanguage(made, sound.language);
  await keep(row, { path, size: made.sourceSize, index: encodeIndex(labelled), bitRate });
  renditions.made();
  onReady(row);
}

function withLanguage(index: MediaIndex, language: string | undefined): MediaIndex {
  return { ...index, audio: index.audio.map((track) => ({ ...track, language })) };
}
