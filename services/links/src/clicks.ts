import type { Logger, Metrics } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import { keys } from './keys.ts';

const FLUSH_MS = 1000;
const FLUSH_CLICKS = 1000;
/** Links in one transaction: a few milliseconds, so that redirects go on in between. */
const SLICE = 200;

export interface ClickCount {
  redirects: number;
  bots: number;
}

/**
 * Counts clicks in memory and adds them to the store every second, or sooner after 1,000 clicks. A process that is
 * killed loses at most the clicks of its last second and of the flush under way; one that closes loses none.
 */
export class Clicks {
  readonly #kv: Kv;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #timer: NodeJS.Timeout;
  #fresh = new Map<string, ClickCount>();
  #waiting = 0;
  #flushing: Promise<void> | undefined;

  constructor(kv: Kv, log: Logger, metrics: Metrics) {
    this.#kv = kv;
    this.#log = log;
    this.#metrics = metrics;
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  /** Counts one click. Costs no more than two map operations. */
  count(linkId: string, bot: boolean): void {
    let count = this.#fresh.get(linkId);
    if (!count) {
      count = { redirects: 0, bots: 0 };
      this.#fresh.set(linkId, count);
    }
    if (bot) count.bots++;
    else count.redirects++;
    if (++this.#waiting >= FLUSH_CLICKS && !this.#flushing) void this.flush();
  }

  /** Stored and waiting clicks together. */
  async of(linkId: string): Promise<ClickCount> {
    await this.flush();
    const [redirects, bots] = (await this.#kv.get<[number, number]>(keys.clicks(linkId))) ?? [0, 0];
    return { redirects, bots };
  }

  /** Writes what has been counted until now. Never rejects: what cannot be written waits for the next time. */
  async flush(): Promise<void> {
    await this.#flushing;
    if (this.#fresh.size === 0) return this.#flushing;
    this.#flushing = this.#write().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #write(): Promise<void> {
    const counts = [...this.#fresh];
    this.#metrics.counter('links_clicks_total', 'Clicks on short URLs, robots included').inc(this.#waiting);
    this.#fresh = new Map();
    this.#waiting = 0;
    for (let start = 0; start < counts.length; start += SLICE) {
      const slice = counts.slice(start, start + SLICE);
      await this.#add(slice).catch((error: unknown) => this.#keep(slice, error));
    }
  }

  #add(slice: readonly (readonly [string, ClickCount])[]): Promise<void> {
    return this.#kv.transaction(async (tx) => {
      for (const [linkId, { redirects, bots }] of slice) {
        const key = keys.clicks(linkId);
        const [before, botsBefore] = (await tx.get<[number, number]>(key)) ?? [0, 0];
        tx.put(key, [before + redirects, botsBefore + bots]);
      }
    });
  }

  #keep(slice: readonly (readonly [string, ClickCount])[], error: unknown): void {
    this.#log.warn({ err: error }, 'clicks could not be written; they wait');
    for (const [linkId, { redirects, bots }] of slice) {
      const count = this.#fresh.get(linkId) ?? { redirects: 0, bots: 0 };
      this.#fresh.set(linkId, { redirects: count.redirects + redirects, bots: count.bots + bots });
    }
  }
}
