import { Problem } from '@ptsdly/contract';
import type { SpoolFile } from './spool-file.ts';

/** Bytes gathered before they are written: each write costs a thread of the pool two changes of context. */
const BATCH = 2 * 1024 * 1024;
/** Bytes that may wait in memory before the sender has to. */
const HIGH_WATER = 6 * 1024 * 1024;
/** A slow sender's bytes are written at least this often. */
const BATCH_MS = 250;

/** Appends to a spool file in large writes; hashes on the way. */
export class SpoolWriter {
  readonly #file: SpoolFile;
  readonly #onWritten: () => void;
  /** Where the next byte to be written goes, and the next one to be taken. */
  #written: number;
  #taken: number;
  #queue: Buffer[] = [];
  #writing: Promise<void> | undefined;
  #lastWrite = performance.now();
  #late: NodeJS.Timeout | undefined;
  #failure: unknown;

  /** `onWritten` is called when more of what came is in the file. */
  constructor(file: SpoolFile, length: number, onWritten: () => void = () => undefined) {
    this.#file = file;
    this.#onWritten = onWritten;
    this.#written = length;
    this.#taken = length;
  }

  /** Length that the file has, or will have after `end`. */
  get length(): number {
    return this.#taken;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Takes a chunk. Answers a promise when the sender should wait for it before the next one. */
  write(chunk: Buffer): Promise<void> | undefined {
    this.#file.hash.update(this.#taken, chunk);
    this.#queue.push(chunk);
    this.#taken += chunk.length;
    const waiting = this.#taken - this.#written;
    if (waiting >= BATCH || performance.now() - this.#lastWrite > BATCH_MS) this.#begin();
    else this.#late ??= setTimeout(() => this.#begin(), BATCH_MS).unref(); // nothing may follow for a while
    return waiting >= HIGH_WATER ? this.#writing : undefined;
  }

  /** Writes what is left. Rejects with `no_space`, or with the system's error. */
  async end(): Promise<void> {
    while (this.#writing || (this.#queue.length > 0 && !this.failed)) {
      this.#begin();
      await this.#writing;
    }
    if (!this.failed) return;
    this.#file.hash.reset(); // it has seen bytes that the file does not have
    throw writeProblem(this.#failure);
  }

  #begin(): void {
    clearTimeout(this.#late);
    this.#late = undefined;
    this.#writing ??= this.#writeQueue().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Never rejects: the failure is kept for `end`. */
  async #writeQueue(): Promise<void> {
    try {
      let rest = this.#queue;
      this.#queue = [];
      while (rest.length > 0) {
        const count = await this.#file.write(rest, this.#written);
        this.#written += count;
        rest = after(rest, count);
      }
      this.#onWritten();
    } catch (error) {
      this.#failure = error;
    }
    this.#lastWrite = performance.now();
  }
}

/** The buffers without their first `count` bytes. */
function after(buffers: Buffer[], count: number): Buffer[] {
  let skip = count;
  for (const [i, buffer] of buffers.entries()) {
    if (skip < buffer.length) return [buffer.subarray(skip), ...buffers.slice(i + 1)];
    skip -= buffer.length;
  }
  return [];
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** `no_space` for a full disk; the error as it is otherwise. */
export function writeProblem(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return FULL.has(code) ? new Problem('no_space', { cause: error, retryAfter: 60 }) : error;
}
