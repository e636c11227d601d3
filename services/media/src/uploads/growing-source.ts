import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { originalOf } from '../library/object-names.ts';
import type { OriginalSource } from '../playback/packaged.ts';
import { ObjectMissing, type Storage } from '../storage/storage.ts';

const openFile = promisify(open);
const closeFile = promisify(close);

const CHUNK = 1024 * 1024;

export interface GrowingSourceOptions {
  /** Under which the original is going to stand. */
  readonly file: string;
  /** Bytes that the original will have. */
  readonly size: number;
  /** The file in the spool. */
  readonly path: string;
  /** Where the original goes when it is complete. */
  readonly storage: Storage;
}

/**
 * The bytes of an original that is still arriving. Holds the file open for itself, so that nothing is missed
 * when the whole original moves out of the spool; what is asked for after `close` comes from the storage.
 */
export class GrowingSource implements OriginalSource {
  readonly size: number;
  readonly #options: GrowingSourceOptions;
  #fd: Promise<number> | undefined;
  #readers = 0;
  #closed = false;

  constructor(options: GrowingSourceOptions) {
    this.#options = options;
    this.size = options.size;
  }

  /** Rejects with a RangeError for bytes that are not there. */
  async readInto(offset: number, target: Uint8Array): Promise<void> {
    const { storage, file } = this.#options;
    this.#readers++;
    try {
      const fd = this.#closed ? undefined : await this.#open();
      if (fd === undefined) await storage.read(originalOf(file), offset, target);
      else await fill(fd, target, offset);
    } finally {
      this.#readers--;
      this.#letGo();
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const target = Buffer.allocUnsafe(length);
    await this.readInto(offset, target);
    return target;
  }

  async stream(start: number, end: number, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    for (let at = start; at < end; at += CHUNK) await write(await this.read(at, Math.min(CHUNK, end - at)));
  }

  /** After those who read. */
  close(): void {
    this.#closed = true;
    this.#letGo();
  }

  /** Undefined when the file has moved on. */
  async #open(): Promise<number | undefined> {
    this.#fd ??= openFile(this.#options.path, 'r');
    try {
      return await this.#fd;
    } catch (cause) {
      this.#fd = undefined;
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      const moved = await this.#options.storage.stat(originalOf(this.#options.file));
      if (!moved) throw new ObjectMissing({ cause });
      return undefined;
    }
  }

  #letGo(): void {
    if (!this.#closed || this.#readers > 0) return;
    const fd = this.#fd;
    this.#fd = undefined;
    fd?.then(closeFile).catch(() => undefined); // it never opened
  }
}

async function fill(fd: number, target: Uint8Array, offset: number): Promise<void> {
  for (let filled = 0; filled < target.length; ) {
    const count = await readSome(fd, target, filled, offset + filled);
    if (count === 0) throw new RangeError('the bytes are not there');
    filled += count;
  }
}

function readSome(fd: number, target: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, at, target.length - at, position, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}
