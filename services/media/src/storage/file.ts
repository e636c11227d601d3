import { close, open } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ReadBuffers, readAll, streamFile } from '@ptsdly/kit';
import { type HeldFile, type LocalStorage, ObjectMissing, requireName, type StoredStat } from './storage.ts';

const openFile = promisify(open);
const closeFile = promisify(close);

const KEPT_FILES = 32;

/** `file:<folder>`: one file an object, one folder for the first part of a name. */
export async function openFileStorage(folder: string): Promise<FileStorage> {
  const root = resolve(folder);
  await mkdir(root, { recursive: true, mode: 0o700 });
  return new FileStorage(root);
}

/** A file that readers share; closed when it is no longer kept and nobody reads. */
interface OpenFile {
  readonly fd: Promise<number>;
  readers: number;
  kept: boolean;
}

export class FileStorage implements LocalStorage {
  readonly isPlain = true;
  readonly #root: string;
  readonly #files = new Map<string, OpenFile>();
  readonly #buffers = new ReadBuffers();

  constructor(root: string) {
    this.#root = root;
  }

  /** Where an object lies, whether it is there or not. */
  path(name: string): string {
    requireName(name);
    return join(this.#root, name);
  }

  async put(name: string, path: string): Promise<void> {
    const target = this.path(name);
    await intoFolder(dirname(target), () => move(path, target));
    this.#forget(name);
  }

  async read(name: string, offset: number, target: Uint8Array): Promise<void> {
    await this.#with(name, (fd) => readAll(fd, target, offset));
  }

  async stream(
    name: string,
    start: number,
    end: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void> {
    await this.#with(name, (fd) => streamFile(this.#buffers, fd, { start, end }, write));
  }

  async stat(name: string): Promise<StoredStat | undefined> {
    const found = await stat(this.path(name)).catch(absent);
    return found && { size: found.size, modifiedAt: found.mtime };
  }

  async hold(name: string): Promise<HeldFile> {
    if (!(await this.stat(name))) throw new ObjectMissing();
    return { path: this.path(name), release: () => undefined };
  }

  async remove(name: string): Promise<void> {
    const path = this.path(name);
    this.#forget(name);
    await unlink(path).catch(absent);
    if (name.includes('/')) await rmdir(dirname(path)).catch(() => undefined); // others may still lie there
  }

  async *list(): AsyncIterable<string> {
    for (const entry of await readdir(this.#root, { withFileTypes: true })) {
      if (!entry.isDirectory()) {
        yield entry.name;
        continue;
      }
      const folder = join(this.#root, entry.name);
      const names = await readdir(folder).catch(() => []);
      if (names.length === 0) await rmdir(folder).catch(() => undefined); // left by a kill amid `remove`
      for (const name of names) yield `${entry.name}/${name}`;
    }
  }

  async close(): Promise<void> {
    this.#buffers.close();
    for (const name of [...this.#files.keys()]) this.#forget(name);
  }

  async #with(name: string, use: (fd: number) => Promise<void>): Promise<void> {
    const file = this.#open(name);
    file.readers++;
    try {
      await use(await file.fd);
    } finally {
      file.readers--;
      this.#release(file);
    }
  }

  /** The shared file of a name; the one used longest ago is let go when there are too many. */
  #open(name: string): OpenFile {
    const known = this.#files.get(name);
    this.#files.delete(name);
    const fd =
      known?.fd ??
      openFile(this.path(name), 'r').catch((cause: NodeJS.ErrnoException) => {
        this.#forget(name);
        throw cause.code === 'ENOENT' ? new ObjectMissing({ cause }) : cause;
      });
    const file = known ?? { fd, readers: 0, kept: true };
    this.#files.set(name, file);
    const oldest = this.#files.keys().next().value;
    if (this.#files.size > KEPT_FILES && oldest !== undefined) this.#forget(oldest);
    return file;
  }

  #forget(name: string): void {
    const file = this.#files.get(name);
    if (!file) return;
    this.#files.delete(name);
    file.kept = false;
    this.#release(file);
  }

  #release(file: OpenFile): void {
    if (file.kept || file.readers > 0) return;
    file.fd.then(closeFile).catch(() => undefined); // it never opened
  }
}

/** Makes a folder for `work`, again when `remove` has taken it away as an empty one meanwhile. */
async function intoFolder(folder: string, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return await work();
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!missing || attempt === 5 || (await stat(folder).catch(absent))) throw error;
    }
  }
}

/** By rename; by copy where the spool lies on another disk. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const whole = `${to}-part`;
    await copyFile(from, whole);
    await rename(whole, to);
    await rm(from, { force: true });
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
