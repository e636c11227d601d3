import { firstAtOrAfter } from './boundaries.ts';
import { writeInitSegment } from './init-segment.ts';
import { matroskaCluster, matroskaHeader } from './matroska-writer.ts';
import type { AudioTrack, Samples, VideoTrack } from './media-index.ts';
import { SegmentedTrack } from './presented-track.ts';
import { readSegment } from './segment-reader.ts';
import type { ByteSource } from './source.ts';

/**
 * A stretch of one track as a small file of its own that ffmpeg decodes: a clean container around the original's
 * samples, whatever the original's container was. Its times are those of the presentation, so give ffmpeg `-copyts`.
 */
export interface WindowFile {
  /** The demuxer that reads it. */
  readonly demuxer: 'mov' | 'matroska';
  /** Seconds of the presentation that were asked for; what the file holds beside them is for the decoder. */
  readonly start: number;
  readonly end: number;
  /** Seconds at which the first sample of the file is presented; before `start` where decoding needs it. */
  readonly from: number;
  /** Bytes of the original that it holds. */
  readonly mediaBytes: number;
  /** The file in pieces of about 16 MB, in order. Rejects as `readSegment`. */
  chunks(source: ByteSource): AsyncIterable<Uint8Array>;
}

/** Media bytes of one piece, unless a single sample has more. */
const PIECE_BYTES = 16 * 1024 * 1024;
const PIECE_SAMPLES = 20_000;
/** Seconds of sound in front of what was asked for, for decoders that need a run-up (Opus: 80 ms). */
const SOUND_LEAD = 0.1;

/**
 * The part of a track that plays from `start` to `end` (seconds): video from the last sync sample at or before the
 * start, or the one before that where pictures of an open group need it, to the first one at or after the end.
 */
export function windowFile(
  track: VideoTrack | AudioTrack,
  { start, end }: { readonly start: number; readonly end: number },
): WindowFile {
  const [first, last] = track.kind === 'video' ? videoSpan(track, start, end) : soundSpan(track, start, end);
  const { samples, timescale } = track;
  let mediaBytes = 0;
  for (let i = first; i < last; i++) mediaBytes += samples.size[i] as number;
  const cuts = cutPieces(samples, first, last);
  const isMatroska = track.format === 'track-entry';
  return {
    demuxer: isMatroska ? 'matroska' : 'mov',
    start,
    end,
    from: earliest(samples, first, last) / timescale,
    mediaBytes,
    chunks: (source) => (isMatroska ? matroskaChunks : movieChunks)(track, cuts, source),
  };
}

/** ffmpeg reads negative composition offsets as a delay of all, so they are raised and an edit takes that back. */
async function* movieChunks(
  track: VideoTrack | AudioTrack,
  cuts: Uint32Array,
  source: ByteSource,
): AsyncGenerator<Uint8Array> {
  const raise = deepest(track.samples, cuts);
  const raised = raise > 0 ? { ...track, samples: raisedBy(track.samples, raise) } : track;
  const pieces = new SegmentedTrack('w', raised, cuts);
  yield writeInitSegment(raised, raise);
  for (let n = 0; n < pieces.segmentCount; n++) yield await readSegment(source, pieces.segment(n));
}

/** The most by which a sample is presented before its decode time. */
function deepest({ composition }: Samples, cuts: Uint32Array): number {
  let depth = 0;
  const last = cuts.at(-1) ?? 0;
  for (let i = cuts[0] ?? 0; composition && i < last; i++)
    depth = Math.max(depth, -(composition[i] as number));
  return depth;
}

function raisedBy(samples: Samples, raise: number): Samples {
  return { ...samples, composition: samples.composition?.map((offset) => offset + raise) };
}

async function* matroskaChunks(
  track: VideoTrack | AudioTrack,
  cuts: Uint32Array,
  source: ByteSource,
): AsyncGenerator<Uint8Array> {
  const pieces = new SegmentedTrack('w', track, cuts);
  yield matroskaHeader(track);
  for (let n = 0; n < pieces.segmentCount; n++) {
    const plan = pieces.segment(n);
    const media = (await readSegment(source, plan)).subarray(plan.header.length);
    yield matroskaCluster(track, pieces.span(n), media);
  }
}

/** Samples of a video from the first that decoding needs. */
function videoSpan({ samples, timescale }: VideoTrack, start: number, end: number): [number, number] {
  const { count, sync, composition } = samples;
  const tolerance = 1e-3;
  const syncAt = (i: number) => (sync ? (sync[i] as number) : i);
  const groups = sync ? sync.length : count;
  const timeOf = (group: number) => (samples.decode[syncAt(group)] as number) / timescale;
  let group = 0;
  while (group + 1 < groups && timeOf(group + 1) <= start + tolerance) group++;
  let after = group + 1;
  while (after < groups && timeOf(after) < end - tolerance) after++;
  // a sync sample that is presented late has pictures in front of it that need the group before
  if (group > 0 && composition && (composition[syncAt(group)] as number) > 0) group--;
  return [group === 0 ? 0 : syncAt(group), after < groups ? syncAt(after) : count];
}

function soundSpan({ samples, timescale }: AudioTrack, start: number, end: number): [number, number] {
  const { decode, count } = samples;
  const first = firstAtOrAfter(decode, (start - SOUND_LEAD) * timescale) - 1;
  const last = firstAtOrAfter(decode, end * timescale);
  return [Math.max(0, Math.min(first, count - 1)), Math.max(1, last)];
}

function cutPieces({ size }: Samples, first: number, last: number): Uint32Array {
  const cuts = [first];
  let bytes = 0;
  for (let i = first; i < last; i++) {
    bytes += size[i] as number;
    const begun = cuts.at(-1) as number;
    if (i > begun && (bytes > PIECE_BYTES || i - begun === PIECE_SAMPLES)) {
      cuts.push(i);
      bytes = size[i] as number;
    }
  }
  return Uint32Array.from([...cuts, last]);
}

/** The first presentation time in a stretch, in track units. */
function earliest({ decode, composition }: Samples, first: number, last: number): number {
  let least = Infinity;
  for (let i = first; i < Math.min(last, first + 64); i++) {
    least = Math.min(least, (decode[i] as number) + (composition?.[i] ?? 0));
  }
  return least;
}
