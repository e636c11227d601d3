/** Why a source cannot be packaged, or a request cannot be met. Closed: callers may `switch` on it. */
export type PackagerErrorCode =
  /** No known media container: text, an image, zero bytes. */
  | 'not_media'
  /** A known container that this engine does not read (AVI, Flash, Ogg, compressed movie header). */
  | 'unsupported_container'
  /** A sidecar, or fragments without a movie header in front: fragmented files are indexed as a whole. */
  | 'fragmented_not_supported'
  /** A codec, or a way of using it, that cannot be passed through (also: encrypted, two sample descriptions). */
  | 'unsupported_codec'
  /** More than one non-empty edit, a speed change, or nothing left to play. */
  | 'unsupported_edit_list'
  /** The file ends before its boxes or its samples do. */
  | 'truncated'
  /** Larger than the configured limits. */
  | 'limits_exceeded'
  /** Boxes or tables contradict themselves; also a damaged index file. */
  | 'corrupt'
  /** An index file that another version of this package wrote. Index the source again. */
  | 'outdated_index'
  /** `Presentation` was asked for a track it does not have. */
  | 'no_such_track'
  /** `Presentation` was asked for a segment it does not have. */
  | 'no_such_segment';

/** The only error this package throws for bad input. `message` is a reason fit for people. */
export class PackagerError extends Error {
  readonly code: PackagerErrorCode;

  constructor(code: PackagerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackagerError';
    this.code = code;
  }
}

/** Shorthand for the most common refusal while parsing. */
export function corrupt(message: string): PackagerError {
  return new PackagerError('corrupt', message);
}
