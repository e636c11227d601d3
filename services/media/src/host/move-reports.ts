import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, controlApi } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';

/** The host hears of a move at most this often, and again when it did not hear. */
const PAUSE_MS = 1000;

/** Tells the host how many objects are not yet where they belong; only the newest number counts. */
export class MoveReports {
  readonly #host: Client<typeof controlApi>;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  /** What the host has not heard yet. */
  #left: number | undefined;
  #isMoving = false;
  #telling: Promise<void> | undefined;

  constructor(host: Client<typeof controlApi>, log: Logger) {
    this.#host = host;
    this.#log = log;
  }

  /** Objects are on their way, or wait for a store that is away. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  tell(left: number): void {
    this.#isMoving = left > 0;
    this.#left = left;
    this.#telling ??= this.#run().finally(() => {
      this.#telling = undefined;
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#telling;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#left !== undefined && !signal.aborted) {
      const left = this.#left;
      try {
        await this.#host.reportMove({ body: { left } }, { signal });
        if (this.#left === left) this.#left = undefined;
      } catch (err) {
        if (!signal.aborted) this.#log.debug({ err }, 'the host does not hear of a move');
      }
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
