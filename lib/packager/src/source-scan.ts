import type { MediaIndex } from './media-index.ts';
import type { ByteSource } from './source.ts';

/**
 * Finds the samples of a container that has no table of them, from front to back, going on as more of the file
 * arrives. A `part` is the source up to the bytes that are there; its `size` says how many. `whole` says that they
 * are all there will be.
 */
export interface SourceScan {
  /** Samples found so far, for whoever bounds memory: about 21 bytes each. */
  readonly sampleCount: number;
  /** Goes on to the end of the part. Throws as `indexSource`. */
  advance(part: ByteSource, whole: boolean): Promise<void>;
  /**
   * The index of what has been found, `growing` unless the file is whole. Throws as `indexSource`; while the file
   * grows, a refusal may be too early.
   */
  index(part: ByteSource, whole: boolean): Promise<MediaIndex>;
}
