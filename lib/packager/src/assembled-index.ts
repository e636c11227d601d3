import type { AudioDescription } from './audio-entry.ts';
import { WHOLE_TRACK } from './edit-list.ts';
import { PackagerError } from './error.ts';
import type {
  AudioTrack,
  Container,
  MediaIndex,
  SkippedTrack,
  TransportRewrite,
  VideoTrack,
} from './media-index.ts';
import { nothingToPlay } from './playability.ts';
import type { SourceSamples } from './sample-table.ts';
import { audioTimeline, videoTimeline } from './timeline.ts';

interface Found {
  readonly samples: SourceSamples;
  readonly timescale: number;
  readonly language: string | undefined;
  readonly name?: string;
  readonly rewrite?: TransportRewrite;
}

/** What a container without edit lists was found to hold; times are the container's own. */
export interface FoundTracks {
  readonly container: Container;
  readonly sourceSize: number;
  readonly video: (Found & Omit<VideoTrack, keyof Found | 'kind'>) | undefined;
  readonly audio: readonly (Found & AudioDescription)[];
  readonly skipped: readonly SkippedTrack[];
  /** More of the file is to come. */
  readonly growing: boolean;
}

/** Samples of one track that come without any of another before that one counts as absent. */
const PATIENCE = 1000;

/**
 * While a file grows: throws `truncated` when a track that was announced has no samples yet, since all of the
 * timeline may move when they come. `counts`: the samples of each.
 */
export function awaitAll(counts: readonly number[]): void {
  if (!counts.includes(0) || counts.some((count) => count > PATIENCE)) return;
  throw new PackagerError('truncated', 'Not every track has begun.');
}

/** Makes the index of it: the earliest time of any track becomes zero, unless it lies before zero already. */
export function assembleIndex(found: FoundTracks): MediaIndex {
  const { container, sourceSize, video, audio, skipped, growing } = found;
  const all: readonly Found[] = [...(video ? [video] : []), ...audio];
  if (all.length === 0) throw nothingToPlay(skipped);
  const origin = Math.max(0, Math.min(...all.map(startOf)));
  for (const { samples, timescale } of all) {
    const ticks = Math.round(origin * timescale);
    const times = samples.presentation;
    for (let i = 0; i < times.length; i++) times[i] = (times[i] as number) - ticks;
  }
  const placed = video && videoTimeline(inputOf(video));
  const videoTrack = video && placed && ({ kind: 'video', ...video, samples: placed.samples } as const);
  const audioTracks = audio.map(
    (track): AudioTrack => ({
      kind: 'audio',
      ...track,
      samples: audioTimeline(inputOf(track), placed?.shift ?? 0),
    }),
  );
  const tracks = [...(videoTrack ? [videoTrack] : []), ...audioTracks];
  return {
    duration: Math.max(...tracks.map(({ samples, timescale }) => samples.end / timescale)),
    sourceSize,
    container,
    preroll: placed?.preroll ?? 0,
    isSequential: true,
    ...(growing && { growing }),
    ...(videoTrack && { video: videoTrack }),
    audio: audioTracks,
    skipped,
  };
}

function inputOf({ samples, timescale }: Found) {
  return { samples, edit: WHOLE_TRACK, timescale, movieTimescale: timescale };
}

/** Seconds of the first sample that can be played. */
function startOf({ samples, timescale }: Found): number {
  let least = Infinity;
  const times = samples.presentation;
  for (let i = samples.sync?.[0] ?? 0; i < times.length; i++) least = Math.min(least, times[i] as number);
  return least / timescale;
}
