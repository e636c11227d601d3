import { closeSync, constants, copyFileSync, ftruncateSync, lstatSync, openSync, rmSync } from 'node:fs';

/** A log and its one predecessor take twice this, plus what is written between two checks. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The folder is the media server's, so what stands there is not followed if it is a link. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * The log of one media server, for its standard output and error. A child writes to the descriptor itself, in
 * append mode, so the file can be cut under it.
 */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Opens it for a child; the descriptor is closed when `use` returns, the child has its own. */
  lend<T>(use: (descriptor: number) => T): T {
    this.bound();
    const descriptor = openSync(this.#path, APPEND, 0o600);
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Moves what is there aside when it has grown too large. */
  bound(): void {
    const file = lstatSync(this.#path, { throwIfNoEntry: false });
    if (!file?.isFile() || file.size <= this.#maxBytes) return;
    const former = `${this.#path}.1`;
    rmSync(former, { recursive: true, force: true });
    copyFileSync(this.#path, former, constants.COPYFILE_EXCL);
    const descriptor = openSync(this.#path, APPEND);
    ftruncateSync(descriptor);
    closeSync(descriptor);
  }
}
