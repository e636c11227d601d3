import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

export interface LineBufferOptions {
  /** Bytes, about, after which lines are written without waiting. */
  readonly size?: number;
  /** Milliseconds that a line waits at most. */
  readonly delayMs?: number;
}

/** pino tells a stream that carries this symbol the level of each line, as `lastLevel`. */
const METADATA = Symbol.for('pino.metadata');
const ERROR = 50;
/** How long the end of a process waits for a reader that does not read. */
const PATIENCE_MS = 1000;

/**
 * A destination for logs that writes many lines together, off the event loop: a line costs a third of what it does
 * through a stream of its own. Errors are written at once, and everything at the end of the process; a process that
 * is killed loses the lines of the last fifth of a second.
 */
export class LineBuffer implements DestinationStream {
  readonly [METADATA] = true;
  /** Set by pino before each line. */
  lastLevel = 0;
  readonly #fd: number;
  readonly #size: number;
  readonly #delayMs: number;
  readonly #atExit = () => this.flushSync();
  #lines = '';
  #timer: NodeJS.Timeout | undefined;
  /** What is being written, from where it has not been written yet. */
  #writing: Buffer | undefined;

  constructor(fd: number, { size = 64 * 1024, delayMs = 200 }: LineBufferOptions = {}) {
    this.#fd = fd;
    this.#size = size;
    this.#delayMs = delayMs;
    process.on('exit', this.#atExit);
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#writing) return;
    if (this.#lines.length >= this.#size || this.lastLevel >= ERROR) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs).unref();
  }

  /** Writes what waits before it returns; for the end of a process. What is under way may then stand twice. */
  flushSync(): void {
    const rest = [this.#writing ?? Buffer.alloc(0), this.#take()];
    this.#writing = undefined;
    const deadline = performance.now() + PATIENCE_MS;
    for (let left = Buffer.concat(rest); left.length > 0 && performance.now() < deadline; ) {
      left = left.subarray(this.#writeNow(left));
    }
  }

  close(): void {
    this.flushSync();
    process.off('exit', this.#atExit);
  }

  #flush(): void {
    if (this.#writing || this.#lines === '') return;
    this.#writing = this.#take();
    this.#writeOn();
  }

  #writeOn(): void {
    const { length } = this.#writing as Buffer;
    write(this.#fd, this.#writing as Buffer, 0, length, null, (error, written) => {
      if (!this.#writing) return; // flushSync was faster
      const full = error?.code === 'EAGAIN';
      this.#writing = full ? this.#writing : error ? undefined : this.#writing.subarray(written);
      if (full) setTimeout(() => this.#writing && this.#writeOn(), 5);
      else if (this.#writing?.length) this.#writeOn();
      else {
        this.#writing = undefined;
        if (this.#lines !== '') this.#flush();
      }
    });
  }

  #take(): Buffer {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const taken = Buffer.from(this.#lines);
    this.#lines = '';
    return taken;
  }

  /** Bytes written; a pipe that is full is waited for, a reader that is gone ends it. */
  #writeNow(bytes: Buffer): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : bytes.length;
    }
  }
}
