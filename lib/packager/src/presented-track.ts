import { averageBitRate, peakBitRate, type SegmentWeight } from './bit-rate.ts';
import { type Boundaries, firstAtOrAfter } from './boundaries.ts';
import { PackagerError } from './error.ts';
import {
  type FragmentSpan,
  fragmentHeaderSize,
  type SegmentPlan,
  sampleRanges,
  writeFragmentHeader,
} from './fragment.ts';
import type { AudioTrack, VideoTrack } from './media-index.ts';
import { type TransportSpan, transportSpan } from './transport-rewriter.ts';

/** One playlist of a presentation: what there is to know of it without its bytes. */
export interface PresentedTrack {
  /** `v0` for the video, `a0`, `a1`… for sound. */
  readonly id: string;
  readonly kind: 'video' | 'audio';
  /** RFC 6381. */
  readonly codec: string;
  readonly language: string | undefined;
  /** Sound only. */
  readonly channels: number | undefined;
  /** Hertz; sound only. */
  readonly sampleRate: number | undefined;
  readonly segmentCount: number;
  /** Bits a second: peak of RFC 8216 §4.1, and average. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** Whether no sample of a segment is presented before the sync sample it begins with. */
  readonly independent: boolean;
  /** Longest segment in whole seconds (RFC 8216 §4.3.3.1), at least 1. */
  readonly targetDuration: number;
  /** Seconds at which segment `n` begins; the first one at the start of the source, `segmentCount` gives the end. */
  segmentStart(n: number): number;
  /** Seconds from the start of segment `n` to that of the next. */
  segmentDuration(n: number): number;
  /** The segment that plays at `time` (seconds), the last one beyond the end. */
  segmentAt(time: number): number;
  /** How many segments, from the first on, lie wholly in the first `bytes` of the original. */
  segmentsWithin(bytes: number): number;
}

/** A track cut into segments. */
export class SegmentedTrack implements PresentedTrack {
  readonly id: string;
  readonly track: VideoTrack | AudioTrack;
  readonly #boundaries: Boundaries;
  readonly #starts: Float64Array;
  #weights: SegmentWeight[] | undefined;
  #reaches: Float64Array | undefined;

  constructor(id: string, track: VideoTrack | AudioTrack, boundaries: Boundaries, start = 0) {
    this.id = id;
    this.track = track;
    this.#boundaries = boundaries;
    this.#starts = startTimes(track, boundaries);
    this.#starts[0] = start;
  }

  get kind(): 'video' | 'audio' {
    return this.track.kind;
  }

  get codec(): string {
    return this.track.codec;
  }

  get language(): string | undefined {
    return this.track.language;
  }

  get channels(): number | undefined {
    return this.track.kind === 'audio' ? this.track.channels : undefined;
  }

  get sampleRate(): number | undefined {
    return this.track.kind === 'audio' ? this.track.sampleRate : undefined;
  }

  get segmentCount(): number {
    return this.#boundaries.length - 1;
  }

  segmentStart(n: number): number {
    const start = this.#starts[n];
    if (start === undefined) throw noSuchSegment(this.id, n);
    return start;
  }

  segmentDuration(n: number): number {
    return this.segmentStart(n + 1) - this.segmentStart(n);
  }

  segmentAt(time: number): number {
    let low = 0;
    let high = this.segmentCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  segmentsWithin(bytes: number): number {
    this.#reaches ??= this.#furthestBytes();
    const beyond = firstAtOrAfter(this.#reaches, bytes + 1);
    return Math.min(beyond, this.segmentCount);
  }

  /** Whether no sample of a segment is presented before the sync sample it begins with. */
  get independent(): boolean {
    const { composition } = this.track.samples;
    if (!composition || this.kind === 'audio') return true;
    return this.#boundaries.subarray(0, -1).every((sample) => (composition[sample] as number) <= 0);
  }

  /** Plans segment `n`. Throws `no_such_segment`. */
  segment(n: number): SegmentPlan {
    const first = this.#boundaries[n];
    const last = this.#boundaries[n + 1];
    if (first === undefined || last === undefined) throw noSuchSegment(this.id, n);
    const { samples, rewrite } = this.track;
    const mediaBytes = this.#mediaBytes(first, last);
    const header = writeFragmentHeader(samples, this.span(n), mediaBytes);
    return {
      header,
      ...(rewrite
        ? spanPlan(transportSpan(samples, rewrite, first, last))
        : { ranges: sampleRanges(samples, first, last) }),
      size: header.length + mediaBytes,
      start: this.segmentStart(n),
      duration: this.segmentDuration(n),
    };
  }

  /** Bits a second; see `peakBitRate`. */
  get bandwidth(): number {
    return peakBitRate(this.#segmentWeights(), this.targetDuration);
  }

  /** Bits a second. */
  get averageBandwidth(): number {
    return averageBitRate(this.#segmentWeights());
  }

  /** Samples that stand in segments. */
  get segmentedSamples(): number {
    return this.#boundaries.at(-1) ?? 0;
  }

  /** Longest segment in seconds, to the nearest whole one (RFC 8216 §4.3.3.1), at least 1. */
  get targetDuration(): number {
    let longest = 1;
    for (let n = 0; n < this.segmentCount; n++) longest = Math.max(longest, this.segmentDuration(n));
    return Math.round(longest);
  }

  #segmentWeights(): SegmentWeight[] {
    this.#weights ??= Array.from({ length: this.segmentCount }, (_, n) => {
      const span = this.span(n);
      const media = this.#mediaBytes(span.first, span.last);
      const bytes = media + fragmentHeaderSize(this.track.samples, span, media);
      return { bytes, duration: this.segmentDuration(n) };
    });
    return this.#weights;
  }

  /** For each segment, how far into the original it and those before it reach, in bytes. */
  #furthestBytes(): Float64Array {
    const { rewrite, samples } = this.track;
    const { offset, size } = samples;
    const reaches = new Float64Array(this.segmentCount);
    let furthest = 0;
    for (let n = 0; n < reaches.length; n++) {
      const { first, last } = this.span(n);
      if (rewrite) furthest = transportSpan(samples, rewrite, first, last).end;
      for (let i = first; i < last && !rewrite; i++) {
        furthest = Math.max(furthest, (offset[i] as number) + (size[i] as number));
      }
      reaches[n] = furthest;
    }
    return reaches;
  }

  /** The samples of segment `n`. */
  span(n: number): FragmentSpan {
    const [first = 0, last = 0] = this.#boundaries.subarray(n, n + 2);
    return { first, last, sequence: n + 1, video: this.kind === 'video' };
  }

  #mediaBytes(first: number, last: number): number {
    const { size } = this.track.samples;
    let bytes = 0;
    for (let i = first; i < last; i++) bytes += size[i] as number;
    return bytes;
  }
}

/** Start of each segment and the end of the last, in seconds. */
function startTimes({ samples, timescale }: VideoTrack | AudioTrack, boundaries: Boundaries): Float64Array {
  const { decode, count, end } = samples;
  const at = (sample: number) => (sample < count ? (decode[sample] as number) : end) / timescale;
  return Float64Array.from(boundaries, at);
}

function spanPlan(span: TransportSpan): Pick<SegmentPlan, 'ranges' | 'rewrite'> {
  return { ranges: [{ offset: span.start, length: span.end - span.start }], rewrite: span };
}

function noSuchSegment(id: string, n: number): PackagerError {
  return new PackagerError('no_such_segment', `Track ${id} has no segment ${n}.`);
}
