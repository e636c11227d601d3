import { type ByteSource, readExactly } from './source.ts';

/** Bytes fetched at each look; what is skipped beyond them is never read. */
const WINDOW = 256 * 1024;

/** A moving window over a source that is read from front to back, so that memory does not grow with it. */
export class ByteWindow {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #window: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource, window = WINDOW) {
    this.#source = source;
    this.#window = window;
    this.size = source.size;
  }

  /** Whether `length` bytes at `offset` are at hand; they then need no waiting. */
  has(offset: number, length: number): boolean {
    const end = Math.min(offset + length, this.size);
    return offset >= this.#start && end <= this.#start + this.#bytes.length;
  }

  /** Brings `length` bytes at `offset`, or all that are left, to hand. */
  async load(offset: number, length: number): Promise<void> {
    if (this.has(offset, length)) return;
    const wanted = Math.min(Math.max(length, this.#window), this.size - offset);
    this.#bytes = await readExactly(this.#source, offset, Math.max(0, wanted));
    this.#start = offset;
  }

  /** Up to `length` bytes at `offset` of those at hand. */
  peek(offset: number, length: number): Uint8Array {
    const at = offset - this.#start;
    return this.#bytes.subarray(at, at + length);
  }
}
