import { read } from 'node:fs';

/** Largest chunk, and so the size of the buffers that are kept. */
const CHUNK = 1024 * 1024;
/** A smaller need is met by a buffer of its own. */
const SMALL = 128 * 1024;
/** Under load they spare the system from mapping and clearing a megabyte for each chunk; at rest they are let go. */
const KEPT_BUFFERS = 96;
const KEPT_MS = 5000;

/** Buffers of `size` bytes that are used again. */
export class ReadBuffers {
  readonly #size: number;
  #kept: Buffer[] = [];
  #letGo: NodeJS.Timeout | undefined;

  constructor(size = CHUNK) {
    this.#size = size;
  }

  borrow(need = this.#size): Buffer {
    if (need <= SMALL) return Buffer.allocUnsafeSlow(Math.max(1, need));
    return this.#kept.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length !== this.#size || this.#kept.length >= KEPT_BUFFERS) return;
    this.#kept.push(buffer);
    this.#letGo ??= setTimeout(() => {
      this.#kept = [];
      this.#letGo = undefined;
    }, KEPT_MS).unref();
    this.#letGo.refresh();
  }

  close(): void {
    clearTimeout(this.#letGo);
    this.#kept = [];
  }
}

/**
 * Gives the bytes of a file from `start` up to but not including `end` to `write`, in order, the next ones when it has
 * resolved; a chunk is valid only until then. Rejects with what `write` rejects with, or a RangeError where the file
 * ends before.
 */
export async function streamFile(
  buffers: ReadBuffers,
  fd: number,
  { start, end }: { readonly start: number; readonly end: number },
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffer = buffers.borrow(Math.min(CHUNK, end - start));
  try {
    for (let at = start; at < end; at += buffer.length) {
      const chunk = end - at < buffer.length ? buffer.subarray(0, end - at) : buffer;
      await readAll(fd, chunk, at);
      await write(chunk);
    }
  } finally {
    buffers.giveBack(buffer);
  }
}

/** Fills all of `target` from `offset` of a file. Rejects with a RangeError when it ends before. */
export function readAll(fd: number, target: Uint8Array, offset: number): Promise<void> {
  return new Promise((done, failed) => {
    const next = (filled: number) => {
      read(fd, target, filled, target.length - filled, offset + filled, (error, count) => {
        if (error) failed(error);
        else if (filled + count === target.length) done();
        else if (count === 0) failed(new RangeError('the object ends before'));
        else next(filled + count);
      });
    };
    if (target.length === 0) done();
    else next(0);
  });
}
