import { close, constants, fstat, open, readlink, realpath } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '@ptsdly/contract';

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);
const readLink = promisify(readlink);
const realPath = promisify(realpath);

/** A name that a tenant may have put there as anything: no link is followed, no pipe is waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const KEPT = 64;
const KEPT_MS = 5000;

/** It is not there, or this process may not read it: somebody else has to. */
export class ObjectUnreachable extends Error {
  override readonly name = 'ObjectUnreachable';
}

export interface LentFile {
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
  release(): void;
}

interface Opened {
  readonly fd: number;
  readonly size: number;
}

interface Kept {
  readonly file: Promise<Opened>;
  readers: number;
  /** In milliseconds of `performance.now()`. */
  until: number;
  forgotten: boolean;
}

/**
 * Objects of media servers as open files, kept for a few seconds after their last reader. A media server is hostile: its
 * folder may hold links to whatever this process can read, and may change at any moment. So what counts is not the name
 * that was opened but what was opened: a plain file whose place, as the kernel tells it of the descriptor (proc(5),
 * /proc/pid/fd), is exactly the one that was meant.
 */
export class ObjectFiles {
  readonly #kept = new Map<string, Kept>();
  #sweep: NodeJS.Timeout | undefined;

  /**
   * `folder`: of the server's objects; all above it is ours. `object`: one or two parts of letters, digits and dashes.
   * Rejects with `ObjectUnreachable`, or with `upstream_failed` for anything but a plain file in that very place.
   */
  async lend(folder: string, object: string): Promise<LentFile> {
    const path = join(folder, object);
    const kept = this.#kept.get(path) ?? this.#open(path, folder, object);
    kept.readers++;
    kept.until = performance.now() + KEPT_MS;
    const release = () => {
      kept.readers--;
      if (kept.forgotten) this.#close(kept);
    };
    try {
      return { ...(await kept.file), release };
    } catch (error) {
      this.#forget(path);
      release();
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const path of [...this.#kept.keys()]) this.#forget(path);
  }

  #open(path: string, folder: string, object: string): Kept {
    const kept: Kept = { file: openObject(folder, object), readers: 0, until: 0, forgotten: false };
    this.#kept.set(path, kept);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > KEPT && oldest !== undefined) this.#forget(oldest);
    this.#sweep ??= setInterval(() => this.#letGo(), KEPT_MS).unref();
    return kept;
  }

  #letGo(): void {
    const now = performance.now();
    for (const [path, { readers, until }] of this.#kept) if (readers === 0 && until < now) this.#forget(path);
    if (this.#kept.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #forget(path: string): void {
    const kept = this.#kept.get(path);
    if (!kept) return;
    this.#kept.delete(path);
    kept.forgotten = true;
    this.#close(kept);
  }

  #close({ file, readers }: Kept): void {
    if (readers > 0) return;
    file.then(({ fd }) => closeFile(fd)).catch(() => undefined); // it never opened
  }
}

async function openObject(folder: string, object: string): Promise<Opened> {
  const meant = join(await trueFolder(folder), object);
  const fd = await openFile(meant, FLAGS).catch(refuse);
  try {
    const stat = await statFile(fd);
    if (!stat.isFile() || (await readLink(`/proc/self/fd/${fd}`)) !== meant) throw lie();
    return { fd, size: stat.size };
  } catch (error) {
    await closeFile(fd);
    throw error instanceof Problem
      ? error
      : new ObjectUnreachable('it cannot be looked at', { cause: error });
  }
}

/** The server's own folder may lie behind links of ours; what stands in it is the server's. */
async function trueFolder(folder: string): Promise<string> {
  const own = await realPath(dirname(folder)).catch(refuse);
  return join(own, basename(folder));
}

function refuse(cause: NodeJS.ErrnoException): never {
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE'].includes(cause.code ?? '')) {
    throw new ObjectUnreachable('it cannot be opened', { cause });
  }
  throw lie(cause);
}

const lie = (cause?: unknown) =>
  new Problem('upstream_failed', { detail: 'A server named what is no object of its own.', cause });
