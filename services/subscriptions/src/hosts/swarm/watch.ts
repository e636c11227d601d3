import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ptsdly/kit';
import type { Observed } from '../host.ts';

const LOOK_MS = 200;
const PATIENCE_MS = 120_000;

export interface WatchOptions {
  /** One look at all servers. */
  readonly list: () => Promise<readonly Observed[]>;
  readonly changed: (serverId: string) => void;
  readonly log: Logger;
}

/**
 * Looks often at servers that are on their way, all with one call, and says when one has become something else; the
 * engine tells nobody of its tasks. When there are none it does nothing.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #waiting = new Map<string, { seen: Observed['state'] | undefined; until: number }>();
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  add(serverId: string): void {
    this.#waiting.set(serverId, { seen: undefined, until: performance.now() + PATIENCE_MS });
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
    });
  }

  drop(serverId: string): void {
    this.#waiting.delete(serverId);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#waiting.size > 0 && !signal.aborted) {
      await this.#look().catch((err: unknown) => {
        this.#options.log.warn({ err }, 'the servers on their way could not be looked at');
      });
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const observed = new Map((await this.#options.list()).map((server) => [server.serverId, server]));
    for (const [id, waiting] of this.#waiting) {
      const state = observed.get(id)?.state;
      if (state !== waiting.seen) this.#options.changed(id);
      waiting.seen = state;
      const arrived = state === undefined || state === 'ready' || state === 'asleep';
      if (arrived || performance.now() > waiting.until) this.#waiting.delete(id);
    }
  }
}
