import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  statSync,
  writev,
} from 'node:fs';
import { dirname } from 'node:path';
import { RunningHash } from './running-hash.ts';

/** Bytes that may be written and not yet on the platter: half of it starts a sync, all of it waits for it. */
const MAX_UNSYNCED = 64 * 1024 * 1024;

/** The growing file of one upload. Its length is the truth about what has arrived. */
export class SpoolFile {
  readonly path: string;
  readonly hash = new RunningHash();
  #fd: number | undefined;
  #heldFrom: number | undefined;
  #unsynced = 0;
  #syncing: Promise<void> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes; 0 while there is no file. */
  get length(): number {
    if (this.#fd !== undefined) return fstatSync(this.#fd).size;
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Bytes that nobody will take back; 0 while there is no file. */
  get settled(): number {
    return this.#heldFrom ?? this.length;
  }

  /** What arrives after `length` may be taken back, until the next call; undefined for nothing. */
  hold(length: number | undefined): void {
    this.#heldFrom = length;
  }

  /** Opens the file, and makes it. Throws the system's error. */
  open(): number {
    if (this.#fd === undefined) {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      this.#fd = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    }
    return this.#fd;
  }

  /** Writes some of the buffers at `position`. Resolves to the number of bytes when there is room to go on. */
  async write(buffers: Buffer[], position: number): Promise<number> {
    const fd = this.open();
    const count = await new Promise<number>((resolve, reject) => {
      writev(fd, buffers, position, (error, written) => (error ? reject(error) : resolve(written)));
    });
    this.#unsynced += count;
    if (this.#unsynced > MAX_UNSYNCED / 2) void this.sync();
    if (this.#unsynced > MAX_UNSYNCED) await this.#syncing;
    return count;
  }

  /** Takes back what stands after `length`. */
  truncate(length: number): void {
    ftruncateSync(this.open(), length);
    if (this.hash.position > length) this.hash.reset();
  }

  /** Brings what is written onto the platter. Never rejects: a disk that cannot sync fails the next write. */
  sync(): Promise<void> {
    const fd = this.open();
    const covered = this.#unsynced;
    this.#syncing ??= new Promise((resolve) => {
      fdatasync(fd, () => {
        this.#unsynced -= covered;
        this.#syncing = undefined;
        resolve();
      });
    });
    return this.#syncing;
  }

  /** After the sync that is under way. */
  async close(): Promise<void> {
    await this.#syncing;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
