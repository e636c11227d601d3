import { closeSync, copyFileSync, openSync, statSync, truncateSync } from 'node:fs';

/** A log and its one predecessor take twice this, plus what is written between two checks. */
const MAX_BYTES = 8 * 1024 * 1024;

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
    const descriptor = openSync(this.#path, 'a', 0o600);
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Moves what is there aside when it has grown too large. */
  bound(): void {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.#maxBytes) return;
    copyFileSync(this.#path, `${this.#path}.1`);
    truncateSync(this.#path);
  }
}
