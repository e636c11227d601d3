import {
  type ByteSource,
  createPresentation,
  createProgressive,
  decodeIndex,
  forBrowsers,
  type Presentation,
  type ProgressiveFile,
} from '@ptsdly/packager';

/** The bytes of an original. */
export interface OriginalSource extends ByteSource {
  /** Gives the bytes from `start` up to but not including `end` to `write`, as `Storage.stream` does. */
  stream(start: number, end: number, write: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** As `LocalStorage.expect`. */
  expect?(start: number, end: number): Promise<void>;
}

/** A video ready to be cut: its presentation and the bytes it lies in. */
export interface Packaged {
  readonly presentation: Presentation;
  readonly source: OriginalSource;
  /** Names the movie header that the cuts were made of; null where nobody needs to tell two of them apart. */
  readonly movie: string | null;
  /** Bytes of the original that are there, from the first on; absent when all of them are. */
  readonly arrived?: () => number;
  /** Whether the original's samples can stand in a plain MP4 as they lie (a transport stream's cannot). */
  readonly isContiguous: boolean;
  /** The original as a plain MP4; laid out when first asked for. */
  progressive(): ProgressiveFile;
}

/** Decodes an index file. Throws `PackagerError` when it is damaged. */
export function packageIndex(
  bytes: Uint8Array,
  rest: Pick<Packaged, 'source' | 'movie' | 'arrived'>,
): Packaged {
  const index = forBrowsers(decodeIndex(bytes));
  let progressive: ProgressiveFile | undefined;
  return {
    ...rest,
    presentation: createPresentation(index),
    isContiguous: index.video?.rewrite === undefined,
    progressive() {
      progressive ??= createProgressive(index);
      return progressive;
    },
  };
}
