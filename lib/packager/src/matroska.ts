import { assembleIndex, type FoundTracks } from './assembled-index.ts';
import { type AudioDescription, describeAac, describeAudio } from './audio-entry.ts';
import { ByteWindow } from './byte-window.ts';
import { PackagerError } from './error.ts';
import { verifyKeys } from './key-frames.ts';
import { type ScannedTrack, scanMatroska } from './matroska-blocks.ts';
import type { MatroskaTrack } from './matroska-track.ts';
import type { MediaIndex, SkippedTrack, VideoFormat } from './media-index.ts';
import type { IndexLimits } from './movie.ts';
import { describePicture } from './picture.ts';
import { flacConfig, opusConfig, readDolbyFrame, readFlacConfig } from './sound-config.ts';
import { followOn, opusPacketLength } from './sound-times.ts';
import { type ByteSource, readExactly } from './source.ts';
import { videoCodecString } from './video-entry.ts';
import { vp9Config } from './vp9-frame.ts';

const VIDEO_FORMATS: Partial<Record<string, VideoFormat>> = {
  'V_MPEG4/ISO/AVC': 'avc1',
  'V_MPEGH/ISO/HEVC': 'hvc1',
  V_AV1: 'av01',
  V_VP9: 'vp09',
};
const DEFAULT_MAX_SAMPLES = 10_000_000;
const NANOSECONDS = 1e9;

/**
 * Indexes Matroska or WebM. The file is read once from front to back in a window of fixed size, whether it
 * has cues or not, so time grows with its size; memory grows with its packets only. Throws as `indexSource`.
 */
export async function indexMatroska(source: ByteSource, limits: IndexLimits): Promise<MediaIndex> {
  const budget = { samplesLeft: limits.maxSamples ?? DEFAULT_MAX_SAMPLES, sourceSize: source.size };
  const { docType, tick, tracks } = await scanMatroska(new ByteWindow(source), budget);
  const filled = tracks.filter(({ list }) => list.count > 0);
  if (filled.length === 0) throw new PackagerError('truncated', 'The file ends before its media.');
  const video = await findVideo(source, filled, tick);
  const sound = await findSound(source, filled, tick, limits.skipUnsupportedAudio ?? false);
  const container = docType === 'webm' ? 'webm' : 'mkv';
  return assembleIndex({ container, sourceSize: source.size, video, ...sound });
}

async function findVideo(
  source: ByteSource,
  tracks: readonly ScannedTrack[],
  tick: number,
): Promise<FoundTracks['video']> {
  const all = tracks.filter(({ track }) => track.kind === 'video');
  const playable = all.filter(({ track }) => VIDEO_FORMATS[track.codecId] && !track.encoded);
  const chosen = playable.find(({ track }) => track.enabled) ?? playable[0];
  if (!chosen) {
    if (all[0]) throw unsupported('video', all[0].track);
    return undefined;
  }
  const { track, list } = chosen;
  const { width, height } = track;
  if (!width || !height || width > 0xffff || height > 0xffff) {
    throw new PackagerError('corrupt', 'The video has no size.');
  }
  const format = VIDEO_FORMATS[track.codecId] as VideoFormat;
  const config = format === 'vp09' ? await vp9ConfigOf(source, chosen) : track.codecPrivate;
  const codec = videoCodecString(format, config, width * height);
  await verifyKeys(source, list, { format, config });
  const timescale = timescaleOf(tick);
  const nanoseconds = chosen.lastDuration || track.defaultDuration;
  fillLaces(list.times, track.defaultDuration);
  scale(list.times, timescale);
  const samples = list.finish(Math.round((nanoseconds * timescale) / NANOSECONDS));
  const { language, aspect, colours, rotation } = track;
  const picture = describePicture({ aspect, colours, rotation });
  return { samples, timescale, language, codec, format, config, width, height, ...picture };
}

async function vp9ConfigOf(source: ByteSource, { track, list }: ScannedTrack): Promise<Uint8Array> {
  let first = 0;
  while (first < list.count - 1 && !list.keyAt(first)) first++;
  const frame = await firstBytes(source, list, first);
  return vp9Config(frame, track.width * track.height, track.colours);
}

async function findSound(
  source: ByteSource,
  tracks: readonly ScannedTrack[],
  tick: number,
  lenient: boolean,
) {
  const audio: FoundTracks['audio'][number][] = [];
  const skipped: SkippedTrack[] = [];
  let refusal: unknown;
  for (const scanned of tracks.filter(({ track }) => track.kind === 'audio')) {
    try {
      audio.push(await soundOf(source, scanned, tick));
    } catch (error) {
      if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
      refusal ??= error;
      skipped.push({ format: printable(scanned.track.codecId), reason: error.message });
    }
  }
  if (refusal && audio.length === 0 && !lenient) throw refusal;
  return { audio, skipped };
}

async function soundOf(source: ByteSource, { track, list }: ScannedTrack, tick: number) {
  if (track.encoded) throw unsupported('sound', track);
  const { packet, ...description } = describeSound(track, await firstBytes(source, list, 0));
  const timescale = description.sampleRate;
  scale(list.times, timescale);
  followOn(list.times, packet, Math.ceil((tick * 1.6 * timescale) / NANOSECONDS));
  return { samples: list.finish(packet), timescale, language: track.language, ...description };
}

/** The sound of a track, and the samples of each of its packets. */
function describeSound(track: MatroskaTrack, first: Uint8Array): AudioDescription & { packet: number } {
  const { codecId, codecPrivate } = track;
  if (codecId === 'A_AAC' && codecPrivate.length > 0) {
    const aac = describeAac(codecPrivate, track.channels);
    return { ...aac, packet: /\.(5|29)$/.test(aac.codec) ? 2048 : 1024 };
  }
  if (codecId === 'A_OPUS') {
    return { ...describeAudio('Opus', opusConfig(codecPrivate)), packet: opusPacketLength(first) };
  }
  if (codecId === 'A_FLAC') {
    const config = flacConfig(codecPrivate);
    return { ...describeAudio('fLaC', config), packet: readFlacConfig(config).blockSize };
  }
  const dolby = codecId === 'A_AC3' || codecId === 'A_EAC3' ? readDolbyFrame(first) : undefined;
  if (!dolby) throw unsupported('sound', track);
  return { ...describeAudio(dolby.format, dolby.config), packet: dolby.length };
}

function firstBytes(source: ByteSource, list: ScannedTrack['list'], sample: number): Promise<Uint8Array> {
  return readExactly(source, list.offsetAt(sample), Math.min(64, list.sizeAt(sample)));
}

/** As fine as the file's own ticks where these divide a second, between a millisecond and a microsecond. */
function timescaleOf(tick: number): number {
  const own = NANOSECONDS / tick;
  return Number.isInteger(own) && own >= 1000 && own <= 1e6 ? own : 1e6;
}

function scale(times: Float64Array, timescale: number): void {
  for (let i = 0; i < times.length; i++)
    times[i] = Math.round(((times[i] as number) * timescale) / NANOSECONDS);
}

/** Pictures that share a block follow one another at the track's own distance. */
function fillLaces(times: Float64Array, distance: number): void {
  for (let i = 0; i < times.length; i++) {
    if (Number.isNaN(times[i])) times[i] = (i > 0 ? (times[i - 1] as number) : 0) + distance;
  }
}

function unsupported(kind: 'video' | 'sound', { codecId, encoded }: MatroskaTrack): PackagerError {
  const reason = encoded ? 'is compressed or encrypted as a whole' : `has the format "${printable(codecId)}"`;
  return new PackagerError('unsupported_codec', `The ${kind} ${reason}, which cannot be passed through.`);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '.').slice(0, 40);
}
