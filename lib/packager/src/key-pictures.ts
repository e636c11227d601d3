import { fragmentHeaderSize, type SegmentPlan, sampleRanges, writeFragmentHeader } from './fragment.ts';
import { writeInitSegment } from './init-segment.ts';
import { matroskaCluster, matroskaHeader } from './matroska-writer.ts';
import type { MediaIndex, Samples, VideoTrack } from './media-index.ts';
import { readSegment } from './segment-reader.ts';
import type { ByteSource } from './source.ts';
import { transportSpan } from './transport-rewriter.ts';

export interface KeyPictureOptions {
  /** At most so many, evenly over the stretch; at least one. */
  readonly count: number;
  /** Seconds between which to look; the whole video when absent. */
  readonly from?: number;
  readonly to?: number;
  /** Instead: the one that stands on the screen at this moment, in seconds, or begins soon after it. */
  readonly until?: number;
  /** Bytes of the original that are there, from the first on; all when absent. */
  readonly arrived?: number;
}

/** Some sync samples of a video as a small file of their own, for a decoder that shall see nothing else. */
export interface KeyPictures {
  /** The demuxer that reads it. */
  readonly demuxer: 'mov' | 'matroska';
  /** When each picture is presented in the video, in seconds, rising; in the file they are a second apart. */
  readonly times: readonly number[];
  /** What stands in front of all pictures, then one picture after another. Rejects as `readSegment`. */
  chunks(source: ByteSource): AsyncIterable<Uint8Array>;
}

/**
 * Picks sync samples from the index alone, so that nothing but the bytes of the picked pictures is ever read or
 * decoded. Undefined for sound alone, and where none of the samples has arrived.
 */
export function keyPictures(index: MediaIndex, options: KeyPictureOptions): KeyPictures | undefined {
  const { video } = index;
  if (!video) return undefined;
  const picked = options.until === undefined ? pick(video, options) : standing(video, options.until);
  if (picked.length === 0) return undefined;
  const isMatroska = video.format === 'track-entry';
  return {
    demuxer: isMatroska ? 'matroska' : 'mov',
    times: picked.map((sample) => presented(video, sample)),
    chunks: (source) => (isMatroska ? matroskaChunks : movieChunks)(video, picked, source),
  };
}

async function* movieChunks(video: VideoTrack, picked: readonly number[], source: ByteSource) {
  const samples = inSeconds(video, picked);
  yield writeInitSegment(video);
  for (const [n, sample] of picked.entries())
    yield await readSegment(source, plan(video, samples, sample, n));
}

async function* matroskaChunks(video: VideoTrack, picked: readonly number[], source: ByteSource) {
  const samples = inSeconds(video, picked);
  const track = { ...video, samples };
  yield matroskaHeader(track);
  for (const [n, sample] of picked.entries()) {
    const { header, ...rest } = plan(video, samples, sample, n);
    const media = (await readSegment(source, { header, ...rest })).subarray(header.length);
    yield matroskaCluster(track, { first: n, last: n + 1, sequence: n + 1, video: true }, media);
  }
}

/** For each of `count` moments the first sync sample from there on, each at most once. */
function pick(video: VideoTrack, { count, from = 0, to = Infinity, arrived }: KeyPictureOptions): number[] {
  const { samples, timescale } = video;
  const candidates = syncSamples(samples).filter((sample) => {
    const time = presented(video, sample);
    return time >= from && time < to && (arrived === undefined || endsAt(video, sample) <= arrived);
  });
  const first = candidates[0];
  if (first === undefined || candidates.length <= count) return candidates;
  const start = presented(video, first);
  const step = (Math.min(to, samples.end / timescale) - start) / count;
  const picked: number[] = [];
  for (const sample of candidates) {
    if (presented(video, sample) >= start + picked.length * step) picked.push(sample);
    if (picked.length === count) break;
  }
  return picked;
}

/** The last sync sample until a moment, or else the first of all. */
function standing(video: VideoTrack, until: number): number[] {
  const candidates = syncSamples(video.samples);
  const sample = candidates.findLast((one) => presented(video, one) <= until) ?? candidates[0];
  return sample === undefined ? [] : [sample];
}

function syncSamples({ sync, count }: Samples): number[] {
  return sync ? [...sync] : Array.from({ length: count }, (_, sample) => sample);
}

function presented({ samples, timescale }: VideoTrack, sample: number): number {
  return ((samples.decode[sample] as number) + (samples.composition?.[sample] ?? 0)) / timescale;
}

function endsAt({ samples, rewrite }: VideoTrack, sample: number): number {
  if (rewrite) return transportSpan(samples, rewrite, sample, sample + 1).end;
  return (samples.offset[sample] as number) + (samples.size[sample] as number);
}

/** The picked samples as a track of their own: all sync, none reordered. */
function inSeconds({ samples, timescale }: VideoTrack, picked: readonly number[]): Samples {
  return {
    count: picked.length,
    offset: Float64Array.from(picked, (sample) => samples.offset[sample] as number),
    size: Uint32Array.from(picked, (sample) => samples.size[sample] as number),
    decode: Float64Array.from(picked, (_, i) => i * timescale),
    composition: undefined,
    sync: undefined,
    end: picked.length * timescale,
  };
}

function plan(video: VideoTrack, samples: Samples, sample: number, n: number): SegmentPlan {
  const span = { first: n, last: n + 1, sequence: n + 1, video: true };
  const bytes = samples.size[n] as number;
  const header = writeFragmentHeader(samples, span, bytes);
  const size = fragmentHeaderSize(samples, span, bytes) + bytes;
  const timing = { start: n, duration: 1 };
  if (!video.rewrite) return { header, size, ...timing, ranges: sampleRanges(samples, n, n + 1) };
  const rewrite = transportSpan(video.samples, video.rewrite, sample, sample + 1);
  const ranges = [{ offset: rewrite.start, length: rewrite.end - rewrite.start }];
  return { header, size, ...timing, ranges, rewrite };
}
