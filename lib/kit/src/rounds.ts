import { Bell } from './events.ts';

/** What is done again and again. */
export interface Round {
  readonly everyMs: number;
  /** One round. Resolves to `true` when there is nothing left that another could do. */
  readonly once: (signal: AbortSignal) => Promise<unknown>;
  /** Hears why a round failed; the next one comes after a whole pause, whoever hurries. */
  readonly failed: (error: unknown) => void;
}

/** Does a round at once and then every `everyMs`, or sooner when hurried; never two at a time. */
export class Rounds {
  readonly #round: Round;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(round: Round) {
    this.#round = round;
  }

  /** Aborted once there is to be no other round. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** A round soon; one more when one is under way. */
  hurry(): void {
    this.#bell.ring();
  }

  /** Lets the round that is under way end. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { once, everyMs, failed } = this.#round;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const hurried = this.#bell.wait(everyMs, signal);
      try {
        if ((await once(signal)) === true) return;
        await hurried;
      } catch (error) {
        if (!signal.aborted) failed(error);
        await new Bell().wait(everyMs, signal);
      }
    }
  }
}
