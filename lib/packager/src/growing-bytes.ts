import { PackagerError } from './error.ts';

/** Bytes that are put one behind the other, in a buffer that is used again. */
export class GrowingBytes {
  readonly #most: number;
  #bytes = new Uint8Array(65_536);
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  /** What is there, valid until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Throws `limits_exceeded` beyond the most it may hold. */
  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#most) throw new PackagerError('limits_exceeded', 'A single picture is too large.');
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** Drops the first `count` bytes. */
  drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  clear(): void {
    this.#length = 0;
  }
}
