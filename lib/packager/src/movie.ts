import { readAudioEntry } from './audio-entry.ts';
import { type Box, childBoxes, printable, viewOf } from './box.ts';
import { corrupt, PackagerError } from './error.ts';
import { fromZero, joinSamples, openEnded } from './fragmented-track.ts';
import { type FragmentedSamples, isFragmented } from './fragments.ts';
import { type IndexLimits, maxSamples } from './index-limits.ts';
import type { AudioTrack, MediaIndex, SkippedTrack, VideoTrack } from './media-index.ts';
import { nothingToPlay } from './playability.ts';
import { readRawSound } from './raw-sound.ts';
import { readSampleTable, type SampleBudget } from './sample-table.ts';
import { audioTimeline, type TimelineInput, videoTimeline } from './timeline.ts';
import {
  readMovieTimescale,
  readTrackEdit,
  readTrackHeader,
  requireOwnData,
  rotationOf,
  type TrackHeader,
} from './track-header.ts';
import { isVideoFormat, readVideoEntry } from './video-entry.ts';

const MAX_TRACKS = 64;
/** Formats that the pictures of chapters come in, in a track that is not enabled. */
const STILLS = new Set(['jpeg', 'png ']);

export interface MovieOptions extends IndexLimits {
  /** `mp4` when absent. */
  readonly container?: 'mp4' | 'mov';
  /** More fragments are to come. */
  readonly growing?: boolean;
}

/** What all tracks of one movie share while it is read. */
interface Reading {
  readonly view: DataView;
  readonly movieTimescale: number;
  readonly budget: SampleBudget;
  /** In a fragmented file, which may have samples in its movie header as well. */
  readonly fragments: FragmentedSamples | undefined;
}

/**
 * Indexes from a whole `moov` box, e.g. one sent ahead of the body. `sourceSize` is the size in bytes that
 * the original has or will have.
 */
export function indexMovie(moov: Uint8Array, sourceSize: number, options: MovieOptions = {}): MediaIndex {
  try {
    if (isFragmented(moov)) {
      throw new PackagerError(
        'fragmented_not_supported',
        'The movie header of a fragmented MP4 is not enough.',
      );
    }
    return readMovie(viewOf(moov), sourceSize, options);
  } catch (error) {
    throw asPackagerError(error);
  }
}

/** Any read past the buffer that a check before it missed is still the file's fault. */
export function asPackagerError(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new PackagerError('corrupt', 'The movie header is damaged.', { cause: error });
}

export function readMovie(
  view: DataView,
  sourceSize: number,
  options: MovieOptions,
  fragments?: FragmentedSamples,
): MediaIndex {
  const moov = childBoxes(view, 0, view.byteLength)[0];
  if (moov?.type !== 'moov') throw corrupt('The movie header is missing.');
  const boxes = childBoxes(view, moov.start, moov.end);
  refuseUnreadable(boxes);
  const traks = boxes.filter(({ type }) => type === 'trak');
  if (traks.length > MAX_TRACKS) throw new PackagerError('limits_exceeded', 'The file has too many tracks.');
  const headers = traks
    .map((trak) => readTrackHeader(view, trak))
    .filter(({ entries }) => entries.length > 0);
  const reading: Reading = {
    view,
    movieTimescale: readMovieTimescale(view, moov),
    budget: { samplesLeft: maxSamples(options), sourceSize },
    fragments: fragments && fromZero(view, headers, fragments),
  };
  const video = readVideo(reading, headers);
  const { audio, skipped } = readSound(reading, headers, video?.shift ?? 0);
  if (!video && audio.length === 0) throw nothingToPlay(skipped);
  const tracks = [...(video ? [video.track] : []), ...audio];
  return {
    duration: Math.max(...tracks.map(({ samples, timescale }) => samples.end / timescale)),
    sourceSize,
    container: options.container ?? 'mp4',
    preroll: video?.preroll ?? 0,
    ...(fragments && { isSequential: true }),
    ...(options.growing && { growing: true }),
    ...(video && { video: video.track }),
    audio,
    skipped,
  };
}

function refuseUnreadable(boxes: readonly Box[]): void {
  const has = (wanted: string) => boxes.some(({ type }) => type === wanted);
  if (has('cmov')) throw new PackagerError('unsupported_container', 'The movie header is compressed.');
}

/** The video track to show; covers, second angles and what is left for decoders only stay behind. */
function readVideo(reading: Reading, headers: readonly TrackHeader[]) {
  const header = chooseVideo(headers);
  const input = header && readInput(reading, header);
  if (!header || !input) return undefined;
  const description = readVideoEntry(reading.view, input.entry);
  const { samples, shift, preroll } = videoTimeline(input);
  const track: VideoTrack = {
    kind: 'video',
    ...description,
    timescale: header.timescale,
    language: header.language,
    matrix: header.matrix,
    rotation: rotationOf(header.matrix),
    samples,
  };
  return { track, shift, preroll };
}

function chooseVideo(headers: readonly TrackHeader[]): TrackHeader | undefined {
  const all = headers.filter(({ handler }) => handler === 'vide');
  const segmentable = all.filter(({ entries }) => entries.some(({ type }) => isVideoFormat(type)));
  const moving = all.filter(
    ({ entries, enabled }) => enabled || !entries.some(({ type }) => STILLS.has(type)),
  );
  const isEnabled = ({ enabled }: TrackHeader) => enabled;
  return segmentable.find(isEnabled) ?? segmentable[0] ?? moving.find(isEnabled) ?? moving[0];
}

function readSound(reading: Reading, headers: readonly TrackHeader[], shift: number) {
  const audio: AudioTrack[] = [];
  const skipped: SkippedTrack[] = [];
  for (const header of headers.filter(({ handler }) => handler === 'soun')) {
    try {
      const track = readAudioTrack(reading, header, shift);
      if (track) audio.push(track);
    } catch (error) {
      if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
      const format = printable(header.entries[0]?.type ?? '');
      skipped.push({ kind: 'audio', format, reason: error.message });
    }
  }
  return { audio, skipped };
}

function readAudioTrack(reading: Reading, header: TrackHeader, shift: number): AudioTrack | undefined {
  const input = readInput(reading, header);
  if (!input) return undefined;
  const description = readAudioEntry(reading.view, input.entry, header.entriesVersion);
  const { timescale, language, name } = header;
  return {
    kind: 'audio',
    ...description,
    timescale,
    language,
    ...(name && { name }),
    samples: audioTimeline(input, shift),
  };
}

/** The samples, edit and description of a track; nothing for one without samples. */
function readInput(reading: Reading, header: TrackHeader): (TimelineInput & { entry: Box }) | undefined {
  const { view, movieTimescale, fragments } = reading;
  const table = readTable(reading, header);
  const samples = fragments ? joinSamples(table, fragments.get(header.id)) : table;
  if (samples.count === 0) return undefined;
  const entry = header.entries[samples.description - 1];
  if (!entry) throw corrupt('The samples name a description that is not there.');
  requireOwnData(view, header, entry);
  return {
    samples,
    edit: fragments ? openEnded(readTrackEdit(view, header.trak)) : readTrackEdit(view, header.trak),
    timescale: header.timescale,
    movieTimescale,
    entry,
  };
}

function readTable({ view, budget }: Reading, { handler, stbl, entries, entriesVersion }: TrackHeader) {
  const [entry] = entries;
  const raw = handler === 'soun' && entry && readRawSound(view, stbl, entry, entriesVersion, budget);
  return raw || readSampleTable(view, stbl, budget);
}
