/** One segment as bit rates see it. */
export interface SegmentWeight {
  readonly bytes: number;
  /** Seconds. */
  readonly duration: number;
}

/** Runs tried beyond the shortest one at each start; a guard against very many very short segments. */
const MAX_LONGER_RUNS = 32;

/**
 * Peak segment bit rate (RFC 8216 §4.1): the largest of any run of segments that lasts between half and
 * one and a half target durations, or the average where there is no such run. Bits a second, rounded up.
 */
export function peakBitRate(segments: readonly SegmentWeight[], targetDuration: number): number {
  const bytes = runningTotal(segments.map((segment) => segment.bytes));
  const time = runningTotal(segments.map((segment) => segment.duration));
  const between = (totals: Float64Array, first: number, end: number) =>
    (totals[end] as number) - (totals[first] as number);
  let peak = 0;
  let shortest = 0;
  for (let first = 0; first < segments.length; first++) {
    while (shortest < segments.length && between(time, first, shortest) < targetDuration / 2) shortest++;
    const stop = Math.min(segments.length, shortest + MAX_LONGER_RUNS);
    for (let end = shortest; end <= stop; end++) {
      const duration = between(time, first, end);
      if (duration < targetDuration / 2 || duration > targetDuration * 1.5) break;
      peak = Math.max(peak, (between(bytes, first, end) * 8) / duration);
    }
  }
  return Math.max(Math.ceil(peak), averageBitRate(segments));
}

/** Bits a second over all segments, rounded up. */
export function averageBitRate(segments: readonly SegmentWeight[]): number {
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const duration = segments.reduce((sum, segment) => sum + segment.duration, 0);
  return duration > 0 ? Math.ceil((bytes * 8) / duration) : 0;
}

/** Sums of the first 0, 1, 2… values. */
function runningTotal(values: readonly number[]): Float64Array {
  const totals = new Float64Array(values.length + 1);
  for (const [i, value] of values.entries()) totals[i + 1] = (totals[i] as number) + value;
  return totals;
}
