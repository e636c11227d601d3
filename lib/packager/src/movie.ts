import { isAudioFormat, readAudioEntry } from './audio-entry.ts';
import { type Box, childBoxes, printable, viewOf } from './box.ts';
import { corrupt, PackagerError } from './error.ts';
import { fromZero, joinSamples, openEnded } from './fragmented-track.ts';
import { type FragmentedSamples, isFragmented, readFragments } from './fragments.ts';
import type { AudioTrack, MediaIndex, SkippedTrack, VideoTrack } from './media-index.ts';
import { locateMovie } from './movie-location.ts';
import { readSampleTable, type SampleBudget } from './sample-table.ts';
import { type ByteSource, readExactly } from './source.ts';
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

/** What a source may ask of the server. */
export interface IndexLimits {
  /** Largest movie header in bytes; 128 MB when absent. */
  maxMoovBytes?: number;
  /** Most samples of all tracks together; 10 million when absent (about 24 bytes of memory each). */
  maxSamples?: number;
  /** Leave out sound that cannot be passed through, and name it in `MediaIndex.skipped`, instead of failing. */
  skipUnsupportedAudio?: boolean;
}

const DEFAULT_MAX_MOOV_BYTES = 128 * 1024 * 1024;
const DEFAULT_MAX_SAMPLES = 10_000_000;
const MAX_TRACKS = 64;

/** What all tracks of one movie share while it is read. */
interface Reading {
  readonly view: DataView;
  readonly movieTimescale: number;
  readonly budget: SampleBudget;
  /** In a fragmented file, which may have samples in its movie header as well. */
  readonly fragments: FragmentedSamples | undefined;
}

/**
 * Indexes an MP4 or MOV, fragmented or not. Reads box headers, the movie header and fragment headers, nothing
 * else. Throws only `PackagerError`, or what `source.read` throws.
 */
export async function indexMovieFile(source: ByteSource, limits: IndexLimits = {}): Promise<MediaIndex> {
  const { offset, length, brand } = await locateMovie(source);
  const maxBytes = limits.maxMoovBytes ?? DEFAULT_MAX_MOOV_BYTES;
  if (length > maxBytes) {
    throw new PackagerError('limits_exceeded', 'The movie header is larger than the server accepts.');
  }
  const moov = await readExactly(source, offset, length);
  const options = { ...limits, container: brand };
  return guarded(async () => {
    if (!isFragmented(moov)) return readMovie(viewOf(moov), source.size, options);
    const budget = { samplesLeft: limits.maxSamples ?? DEFAULT_MAX_SAMPLES, sourceSize: source.size };
    const fragments = await readFragments(source, moov, offset + length, budget, maxBytes);
    return readMovie(viewOf(moov), source.size, options, fragments);
  });
}

/**
 * Indexes from a whole `moov` box, e.g. one sent ahead of the body. `sourceSize` is the size in bytes that
 * the original has or will have.
 */
export function indexMovie(
  moov: Uint8Array,
  sourceSize: number,
  options: IndexLimits & { container?: 'mp4' | 'mov' } = {},
): MediaIndex {
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

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asPackagerError(error);
  }
}

/** Any read past the buffer that a check before it missed is still the file's fault. */
function asPackagerError(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new PackagerError('corrupt', 'The movie header is damaged.', { cause: error });
}

function readMovie(
  view: DataView,
  sourceSize: number,
  options: IndexLimits & { container?: 'mp4' | 'mov' },
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
    budget: { samplesLeft: options.maxSamples ?? DEFAULT_MAX_SAMPLES, sourceSize },
    fragments: fragments && fromZero(view, headers, fragments),
  };
  const video = readVideo(reading, headers);
  const { audio, skipped } = readSound(
    reading,
    headers,
    video?.shift ?? 0,
    options.skipUnsupportedAudio ?? false,
  );
  if (!video && audio.length === 0) {
    throw new PackagerError('not_media', 'The file has neither video nor sound.');
  }
  const tracks = [...(video ? [video.track] : []), ...audio];
  return {
    duration: Math.max(...tracks.map(({ samples, timescale }) => samples.end / timescale)),
    sourceSize,
    container: options.container ?? 'mp4',
    preroll: video?.preroll ?? 0,
    ...(video && { video: video.track }),
    audio,
    skipped,
  };
}

function refuseUnreadable(boxes: readonly Box[]): void {
  const has = (wanted: string) => boxes.some(({ type }) => type === wanted);
  if (has('cmov')) throw new PackagerError('unsupported_container', 'The movie header is compressed.');
}

/** The first enabled video track that can be passed through; still pictures and second angles stay behind. */
function readVideo(reading: Reading, headers: readonly TrackHeader[]) {
  const all = headers.filter(({ handler }) => handler === 'vide');
  const playable = all.filter(({ entries }) => entries.some(({ type }) => isVideoFormat(type)));
  const header = playable.find(({ enabled }) => enabled) ?? playable[0];
  if (!header) {
    if (all[0]) throw unsupported('video', all[0]);
    return undefined;
  }
  const input = readInput(reading, header);
  if (!input) return undefined;
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

function readSound(reading: Reading, headers: readonly TrackHeader[], shift: number, lenient: boolean) {
  const audio: AudioTrack[] = [];
  const skipped: SkippedTrack[] = [];
  let refusal: unknown;
  for (const header of headers.filter(({ handler }) => handler === 'soun')) {
    try {
      const track = readAudioTrack(reading, header, shift);
      if (track) audio.push(track);
    } catch (error) {
      if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
      refusal ??= error;
      skipped.push({ format: printable(header.entries[0]?.type ?? ''), reason: error.message });
    }
  }
  if (refusal && audio.length === 0 && !lenient) throw refusal;
  return { audio, skipped };
}

function readAudioTrack(reading: Reading, header: TrackHeader, shift: number): AudioTrack | undefined {
  if (!header.entries.some(({ type }) => isAudioFormat(type))) throw unsupported('sound', header);
  const input = readInput(reading, header);
  if (!input) return undefined;
  const description = readAudioEntry(reading.view, input.entry, header.entriesVersion);
  const { timescale, language } = header;
  return { kind: 'audio', ...description, timescale, language, samples: audioTimeline(input, shift) };
}

/** The samples, edit and description of a track; nothing for one without samples. */
function readInput(reading: Reading, header: TrackHeader): (TimelineInput & { entry: Box }) | undefined {
  const { view, budget, movieTimescale, fragments } = reading;
  const table = readSampleTable(view, header.stbl, budget);
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

function unsupported(kind: 'video' | 'sound', header: TrackHeader): PackagerError {
  const format = printable(header.entries[0]?.type ?? '');
  const reason = format === 'encv' || format === 'enca' ? 'is encrypted' : `has the format "${format}"`;
  return new PackagerError('unsupported_codec', `The ${kind} ${reason}, which cannot be passed through.`);
}
