import { corrupt } from './error.ts';

/** Reads fields of bits, the high ones first; throws `corrupt` instead of running past the end. */
export class Bits {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start = 0) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Up to 32 bits as an unsigned number. */
  read(length: number): number {
    let value = 0;
    for (const end = this.#at + length; this.#at < end; this.#at++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw corrupt('A header is cut.');
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** An Exp-Golomb number (ISO/IEC 14496-10 §9.1). */
  golomb(): number {
    let zeros = 0;
    while (this.read(1) === 0) if (++zeros > 31) throw corrupt('A header is damaged.');
    return 2 ** zeros - 1 + this.read(zeros);
  }
}
