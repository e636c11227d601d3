/** One segment as bit rates see it. */
export interface SegmentWeight {
  readonly bytes: number;
  /** Seconds. */
  readonly duration: number;
}

/**
 * Peak segment bit rate (RFC 8216 §4.3.4.2 and §4.1): the largest of any run of segments that lasts
 * between half and one and a half target durations. Bits a second, rounded up.
 */
export function peakBitRate(segments: readonly SegmentWeight[], targetDuration: number): number {
  let peak = 0;
  for (let first = 0; first < segments.length; first++) {
    let bytes = 0;
    let duration = 0;
    for (let last = first; last < segments.length; last++) {
      bytes += segments[last]?.bytes ?? 0;
      duration += segments[last]?.duration ?? 0;
      if (duration > targetDuration * 1.5) break;
      if (duration >= targetDuration / 2) peak = Math.max(peak, (bytes * 8) / duration);
    }
  }
  return Math.ceil(Math.max(peak, averageBitRate(segments)));
}

/** Bits a second over all segments, rounded up. */
export function averageBitRate(segments: readonly SegmentWeight[]): number {
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const duration = segments.reduce((sum, segment) => sum + segment.duration, 0);
  return duration > 0 ? Math.ceil((bytes * 8) / duration) : 0;
}
