import { PackagerError } from './error.ts';

/** Random access to the original. `read` returns exactly `length` bytes or throws. */
export interface ByteSource {
  /** Size of the original in bytes. */
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Optional power: fills all of `target` from `offset`, or throws. `readSegment` then reads straight into
   * the segment it returns, which spares one buffer and one copy of every byte.
   */
  readInto?(offset: number, target: Uint8Array): Promise<void>;
}

/** A source over bytes in memory, e.g. a sidecar or a test. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      if (offset < 0 || length < 0 || offset + length > bytes.length) throw outside(offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The bytes asked for are not there yet, in a source that is still arriving. */
export class NotArrived extends Error {
  override readonly name = 'NotArrived';
  /** Bytes of the source that must be there. */
  readonly needs: number;

  constructor(needs: number) {
    super(`needs ${needs} bytes`);
    this.needs = needs;
  }
}

/** The whole that `part` is the start of: reading beyond it rejects with `NotArrived`. */
export function arriving(part: ByteSource, size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      if (offset + length > part.size && offset + length <= size) throw new NotArrived(offset + length);
      return part.read(offset, length);
    },
  };
}

/** Reads and insists on the promised length. Throws `truncated` when the source gives less. */
export async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) throw outside(offset, length);
  return bytes;
}

function outside(offset: number, length: number): PackagerError {
  return new PackagerError('truncated', `The file has no ${length} bytes at ${offset}.`);
}
