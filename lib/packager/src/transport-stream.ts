import { assembleIndex, awaitAll, type FoundTracks } from './assembled-index.ts';
import { PackagerError } from './error.ts';
import { type IndexLimits, maxSamples } from './index-limits.ts';
import type { MediaIndex, SkippedTrack, TransportRewrite } from './media-index.ts';
import { avcConfig, hevcConfig } from './parameter-sets.ts';
import { describePicture } from './picture.ts';
import { videoPlayability } from './playability.ts';
import type { SourceSamples } from './sample-table.ts';
import { followOn } from './sound-times.ts';
import type { ByteSource } from './source.ts';
import type { SourceScan } from './source-scan.ts';
import { mpeg2Entry, TransportMpeg2 } from './transport-mpeg2.ts';
import type { PacketGrid } from './transport-packet.ts';
import { readTransportPicture, type TransportPicture } from './transport-picture.ts';
import { PacketScan, type ScannedStream } from './transport-scan.ts';
import { TransportSound } from './transport-sound.ts';
import { TransportVideo } from './transport-video.ts';
import { videoCodecString } from './video-entry.ts';

const CLOCK = 90_000;
/** Stream types of video and sound that only ffmpeg reads: MPEG-4, VC-1; PCM and TrueHD as Blu-ray has them. */
const OTHERS: Partial<Record<number, SkippedTrack['kind']>> = {
  16: 'video',
  234: 'video',
  128: 'audio',
  131: 'audio',
};
/** Sound whose times differ by less than this, in seconds, has no gap. */
const TOLERANCE = 0.002;

/**
 * Indexes an MPEG transport stream. The file is read once from front to back, so time grows with its size;
 * memory grows with its samples only. Its tracks carry a `rewrite`.
 */
export class TransportScan implements SourceScan {
  readonly #size: number;
  readonly #grid: PacketGrid;
  readonly #scan: PacketScan;
  #picture: TransportPicture | undefined;

  /** `size`: bytes that the file has, or will have. */
  constructor(size: number, grid: PacketGrid, limits: IndexLimits) {
    this.#size = size;
    this.#grid = grid;
    this.#scan = new PacketScan(grid, { samplesLeft: maxSamples(limits), sourceSize: size });
  }

  get sampleCount(): number {
    return this.#scan.streams?.reduce((sum, { samples }) => sum + (samples?.list.count ?? 0), 0) ?? 0;
  }

  advance(part: ByteSource, whole: boolean): Promise<void> {
    return this.#scan.advance(part, whole);
  }

  async index(part: ByteSource, whole: boolean): Promise<MediaIndex> {
    const { streams } = this.#scan;
    if (!streams) throw new PackagerError('truncated', 'The file ends before its streams are told.');
    if (!whole) awaitAll(streams.flatMap(({ samples }) => (samples ? [samples.list.count] : [])));
    const video = (await this.#passedVideo(part, streams)) ?? this.#mpeg2Video(streams);
    const audio = streams.flatMap(({ stream, samples }) =>
      samples instanceof TransportSound ? this.#sound(samples, stream) : [],
    );
    const skipped = streams.flatMap(({ stream }) => skippedOf(stream.type));
    return assembleIndex({
      ...{ container: 'ts', sourceSize: this.#size, video, audio, growing: !whole },
      skipped: skipped.filter(({ kind }) => kind === 'audio' || !video),
    });
  }

  async #passedVideo(part: ByteSource, streams: readonly ScannedStream[]): Promise<FoundTracks['video']> {
    const found = streams.find(({ samples }) => samples instanceof TransportVideo && samples.list.count > 0);
    if (!(found?.samples instanceof TransportVideo)) return undefined;
    const { pid, language } = found.stream;
    const { stream, list, sets } = found.samples;
    const config = stream === 'avc' ? avcConfig(sets) : hevcConfig(sets);
    const format = stream === 'avc' ? 'avc1' : 'hvc1';
    this.#picture ??= await readTransportPicture(part, this.#grid, pid);
    const { width, height, ...picture } = this.#picture;
    const samples = startable(list.finish(0));
    const codec = videoCodecString(format, config, width * height);
    const coding = { codec, browser: videoPlayability(format, config), format, config } as const;
    const rewrite = this.#rewrite(stream, pid);
    const shown = describePicture(picture);
    return { samples, timescale: CLOCK, language, rewrite, ...coding, width, height, ...shown };
  }

  #mpeg2Video(streams: readonly ScannedStream[]): FoundTracks['video'] {
    const found = streams.find(({ samples }) => samples instanceof TransportMpeg2 && samples.list.count > 0);
    const scanned = found?.samples;
    if (!found || !(scanned instanceof TransportMpeg2) || !scanned.sequence) return undefined;
    const { stream, list, sequence } = scanned;
    const { width, height, aspect } = sequence;
    const config = mpeg2Entry(sequence);
    const coding = { codec: 'mpeg2', browser: 'no', format: 'sample-entry', config } as const;
    const { pid, language } = found.stream;
    const rewrite = this.#rewrite(stream, pid);
    const shown = describePicture({ aspect });
    const samples = startable(list.finish(0));
    return { samples, timescale: CLOCK, language, rewrite, ...coding, width, height, ...shown };
  }

  /** Nothing for a stream that is announced and never comes. */
  #sound(
    { stream, list, description }: TransportSound,
    { pid, language }: ScannedStream['stream'],
  ): FoundTracks['audio'][number][] {
    if (!description || list.count === 0) return [];
    const { packet, ...described } = description;
    const timescale = described.sampleRate;
    const samples = list.finish(packet);
    const times = samples.presentation;
    for (let i = 0; i < times.length; i++) times[i] = Math.round(((times[i] as number) * timescale) / CLOCK);
    followOn(times, packet, Math.ceil(TOLERANCE * timescale));
    return [{ samples, timescale, language, rewrite: this.#rewrite(stream, pid), ...described }];
  }

  #rewrite(stream: TransportRewrite['stream'], pid: number): TransportRewrite {
    const { stride, phase } = this.#grid;
    return { kind: 'transport-stream', stream, pid, stride, phase, end: this.#scan.end };
  }
}

function startable(samples: SourceSamples): SourceSamples {
  if (samples.sync?.length === 0) throw new PackagerError('corrupt', 'The video has no frame to start from.');
  return samples;
}

function skippedOf(type: number): SkippedTrack[] {
  const kind = OTHERS[type];
  const format = `0x${type.toString(16).padStart(2, '0')}`;
  const reason = `The ${kind === 'video' ? 'video' : 'sound'} has the stream type ${format}, which only a decoder takes.`;
  return kind ? [{ kind, format, reason }] : [];
}
