import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/**
 * SHA-256 of a file that grows: fed with the bytes as they arrive, and from the file itself where it missed
 * some (after a restart). `position` says how many bytes it has seen.
 */
export class RunningHash {
  #hash = createHash('sha256');
  #position = 0;
  #reading: Promise<void> | undefined;

  get position(): number {
    return this.#position;
  }

  /** Takes the bytes that stand at `at`; does nothing unless they are the next ones. */
  update(at: number, bytes: Uint8Array): void {
    if (at !== this.#position) return;
    this.#hash.update(bytes);
    this.#position += bytes.length;
  }

  /** A mark to return to, in case the bytes from here on are taken back. */
  mark(): { readonly hash: Hash; readonly position: number } {
    return { hash: this.#hash.copy(), position: this.#position };
  }

  restore(mark: { readonly hash: Hash; readonly position: number }): void {
    this.#hash = mark.hash.copy();
    this.#position = mark.position;
  }

  /** Begins again, for a file that is shorter than what was seen. */
  reset(): void {
    this.#hash = createHash('sha256');
    this.#position = 0;
  }

  /** Reads what it missed of the first `length` bytes; one reading at a time. */
  catchUp(path: string, length: number): Promise<void> {
    this.#reading ??= this.#read(path, length).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Hex, of exactly `length` bytes; null when it has seen another number of them. */
  hex(length: number): string | null {
    return this.#position === length ? this.#hash.copy().digest('hex') : null;
  }

  async #read(path: string, length: number): Promise<void> {
    if (this.#position >= length) return;
    const stream = createReadStream(path, {
      start: this.#position,
      end: length - 1,
      highWaterMark: 1024 * 1024,
    });
    let at = this.#position;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.update(at, chunk);
      at += chunk.length;
    }
  }
}
