/** What a source may ask of the server. */
export interface IndexLimits {
  /** Largest movie header in bytes, and of all fragment headers together; 128 MB when absent. */
  readonly maxMoovBytes?: number;
  /** Most samples of all tracks together; 10 million when absent (about 24 bytes of memory each). */
  readonly maxSamples?: number;
}

const DEFAULT_MAX_MOOV_BYTES = 128 * 1024 * 1024;
const DEFAULT_MAX_SAMPLES = 10_000_000;

export function maxSamples(limits: IndexLimits): number {
  return limits.maxSamples ?? DEFAULT_MAX_SAMPLES;
}

export function maxMoovBytes(limits: IndexLimits): number {
  return limits.maxMoovBytes ?? DEFAULT_MAX_MOOV_BYTES;
}
