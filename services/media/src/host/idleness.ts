import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ptsdly/kit';

export interface IdlenessOptions {
  /** Milliseconds without a request after which this server may sleep. */
  readonly idleMs: number;
  /** Whether something is being done that no request waits for. */
  readonly isBusy: () => boolean;
  /** When there is something to do next; null when there is nothing. */
  readonly nextDueAt: () => Date | null;
  /** Asks the host to put this server to sleep. Rejects when it does not want to. */
  readonly askForSleep: (nextDueAt: Date | null) => Promise<unknown>;
  readonly log: Logger;
}

const LONGEST_CHECK_MS = 15_000;
/** Streams of events, and what a host or an operator asks: none of them is somebody who uses this server. */
const QUIET = /\/events(\?|$)|^\/(healthz|readyz|metrics)(\?|$)/;

/**
 * Notices that nobody uses this server and nothing is to be done, and asks the host to let it sleep. What has come in
 * by then is still answered.
 */
export class Idleness {
  readonly #options: IdlenessOptions;
  #open = 0;
  #lastUse = performance.now();
  #asked = false;
  #check: NodeJS.Timeout | undefined;

  constructor(options: IdlenessOptions) {
    this.#options = options;
  }

  /** The host has agreed, and nobody has come since. */
  get isAsleep(): boolean {
    return this.#asked;
  }

  start(): void {
    const { idleMs } = this.#options;
    if (idleMs <= 0) return;
    this.#check = setInterval(() => void this.#look(), Math.min(LONGEST_CHECK_MS, idleMs / 4)).unref();
  }

  /** Counts a request as use, until its answer has ended. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    if (QUIET.test(request.url ?? '')) return;
    this.#open++;
    this.#asked = false;
    response.once('close', () => {
      this.#open--;
      this.#lastUse = performance.now();
    });
  }

  close(): void {
    clearInterval(this.#check);
  }

  async #look(): Promise<void> {
    const { idleMs, isBusy, nextDueAt, askForSleep, log } = this.#options;
    if (isBusy()) this.#lastUse = performance.now();
    if (this.#open > 0 || performance.now() - this.#lastUse < idleMs) return;
    const due = nextDueAt();
    if (due && due.getTime() - Date.now() < idleMs) return; // not worth it
    this.#lastUse = performance.now(); // asked again when as much time has passed
    try {
      await askForSleep(due);
      this.#asked = this.#open === 0;
    } catch (err) {
      log.debug({ err }, 'the host does not let this server sleep');
    }
  }
}
