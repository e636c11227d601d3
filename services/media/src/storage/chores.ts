import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ptsdly/kit';

export interface ChoresOptions {
  /** What there is to do about an object; looks by itself what that is now. May be repeated. */
  readonly work: (name: string, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

/** Objects that are moved at once. */
const PARALLEL = 3;
const PAUSES_MS = [500, 1000, 2000, 5000, 15_000, 60_000];

/**
 * Names of objects that something has to be done about, one after another and each by one worker only. What
 * fails is tried again, with pauses that grow while nothing succeeds, until it is done or this closes.
 */
export class Chores {
  readonly #options: ChoresOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #failures = 0;
  #idle = Promise.withResolvers<void>();

  constructor(options: ChoresOptions) {
    this.#options = options;
    this.#idle.resolve();
  }

  /** Objects that are waiting or being worked on. */
  get size(): number {
    return new Set([...this.#waiting, ...this.#running.keys()]).size;
  }

  /** Resolves when there is nothing to do. */
  get done(): Promise<void> {
    return this.#idle.promise;
  }

  /** Looks after an object, again if that is under way. */
  add(name: string): void {
    if (this.#stop.signal.aborted) return;
    if (this.size === 0) this.#idle = Promise.withResolvers();
    this.#waiting.add(name);
    this.#next();
  }

  /** Ends what can be ended; what is left is looked after by the next process. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #next(): void {
    for (const name of this.#waiting) {
      if (this.#running.size >= PARALLEL) return;
      if (this.#running.has(name)) continue;
      this.#waiting.delete(name);
      const run = this.#run(name).finally(() => {
        this.#running.delete(name);
        this.#next();
        if (this.size === 0) this.#idle.resolve();
      });
      this.#running.set(name, run);
    }
  }

  async #run(name: string): Promise<void> {
    const { signal } = this.#stop;
    try {
      await this.#options.work(name, signal);
      this.#failures = 0;
    } catch (err) {
      if (signal.aborted) return;
      const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)];
      this.#options.log.warn(
        { err, pauseMs: pause, left: this.size },
        'an object could not be moved; trying again',
      );
      this.#waiting.add(name);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) this.#waiting.clear();
    }
  }
}
