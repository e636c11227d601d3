import { assembleIndex, type FoundTracks } from './assembled-index.ts';
import { PackagerError } from './error.ts';
import type { MediaIndex, SkippedTrack, TransportRewrite } from './media-index.ts';
import type { IndexLimits } from './movie.ts';
import { avcConfig, hevcConfig } from './parameter-sets.ts';
import { describePicture } from './picture.ts';
import { followOn } from './sound-times.ts';
import type { ByteSource } from './source.ts';
import type { PacketGrid } from './transport-packet.ts';
import { readTransportPicture } from './transport-picture.ts';
import { type ScannedStream, scanTransport } from './transport-scan.ts';
import { TransportSound } from './transport-sound.ts';
import { TransportVideo } from './transport-video.ts';
import { videoCodecString } from './video-entry.ts';

const CLOCK = 90_000;
const DEFAULT_MAX_SAMPLES = 10_000_000;
/** Stream types of video and sound that only ffmpeg reads: MPEG-1, MPEG-2, MPEG-4, VC-1; MPEG audio, LATM, DTS. */
const OTHER_VIDEO = new Set([0x01, 0x02, 0x10, 0xea]);
const OTHER_SOUND = new Set([0x03, 0x04, 0x11, 0x82, 0x85, 0x86, 0x8a, 0x80, 0x83]);
/** Sound whose times differ by less than this, in seconds, has no gap. */
const TOLERANCE = 0.002;

/**
 * Indexes an MPEG transport stream. The file is read once from front to back, so time grows with its size;
 * memory grows with its samples only. Its tracks carry a `rewrite`. Throws as `indexSource`.
 */
export async function indexTransport(
  source: ByteSource,
  grid: PacketGrid,
  limits: IndexLimits,
): Promise<MediaIndex> {
  const budget = { samplesLeft: limits.maxSamples ?? DEFAULT_MAX_SAMPLES, sourceSize: source.size };
  const { streams, end } = await scanTransport(source, grid, budget);
  const video = await findVideo(source, streams, grid, end);
  const sound = findSound(streams, grid, end, limits.skipUnsupportedAudio ?? false);
  return assembleIndex({ container: 'ts', sourceSize: source.size, video, ...sound });
}

async function findVideo(
  source: ByteSource,
  streams: readonly ScannedStream[],
  grid: PacketGrid,
  end: number,
): Promise<FoundTracks['video']> {
  const found = streams.find(({ samples }) => samples instanceof TransportVideo && samples.list.count > 0);
  if (!(found?.samples instanceof TransportVideo)) {
    const other = streams.find(({ stream }) => OTHER_VIDEO.has(stream.type));
    if (other) throw unsupported('video', other.stream.type);
    return undefined;
  }
  const { pid, language } = found.stream;
  const { stream, list, sets } = found.samples;
  const config = stream === 'avc' ? avcConfig(sets) : hevcConfig(sets);
  const format = stream === 'avc' ? 'avc1' : 'hvc1';
  const { width, height, ...picture } = await readTransportPicture(source, grid, pid);
  const samples = list.finish(0);
  if (samples.sync?.length === 0) throw new PackagerError('corrupt', 'The video has no frame to start from.');
  return {
    samples,
    timescale: CLOCK,
    language,
    rewrite: rewriteOf(stream, pid, grid, end),
    codec: videoCodecString(format, config, width * height),
    format,
    config,
    width,
    height,
    ...describePicture(picture),
  };
}

function findSound(streams: readonly ScannedStream[], grid: PacketGrid, end: number, lenient: boolean) {
  const skipped: SkippedTrack[] = [];
  const audio: FoundTracks['audio'][number][] = [];
  let refusal: PackagerError | undefined;
  for (const { stream, samples } of streams) {
    if (samples instanceof TransportSound) audio.push(...soundOf(samples, stream, grid, end));
    if (!OTHER_SOUND.has(stream.type)) continue;
    const error = unsupported('sound', stream.type);
    refusal ??= error;
    skipped.push({ format: typeName(stream.type), reason: error.message });
  }
  if (refusal && audio.length === 0 && !lenient) throw refusal;
  return { audio, skipped };
}

/** Nothing for a stream that is announced and never comes. */
function soundOf(
  { stream, list, description }: TransportSound,
  { pid, language }: ScannedStream['stream'],
  grid: PacketGrid,
  end: number,
): FoundTracks['audio'][number][] {
  if (!description || list.count === 0) return [];
  const { packet, ...described } = description;
  const timescale = described.sampleRate;
  const { times } = list;
  for (let i = 0; i < times.length; i++) times[i] = Math.round(((times[i] as number) * timescale) / CLOCK);
  followOn(times, packet, Math.ceil(TOLERANCE * timescale));
  const rewrite = rewriteOf(stream, pid, grid, end);
  return [{ samples: list.finish(packet), timescale, language, rewrite, ...described }];
}

function rewriteOf(
  stream: TransportRewrite['stream'],
  pid: number,
  { stride, phase }: PacketGrid,
  end: number,
): TransportRewrite {
  return { kind: 'transport-stream', stream, pid, stride, phase, end };
}

function unsupported(kind: 'video' | 'sound', type: number): PackagerError {
  const reason = `has the stream type ${typeName(type)}, which cannot be passed through`;
  return new PackagerError('unsupported_codec', `The ${kind} ${reason}.`);
}

function typeName(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`;
}
