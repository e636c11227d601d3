import type { Logger, Metrics } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import type { ClickCount, ClickCounts } from './click-counts.ts';
import { ClickLog } from './click-log.ts';
import { carryFormerTotals } from './former-totals.ts';

const FLUSH_MS = 1000;
const FLUSH_CLICKS = 1000;
/** Flush times without a click after which there is time to fold. */
const QUIET_TICKS = 30;

/**
 * Counts clicks in memory and writes them every second, or sooner after 1,000 clicks. A process that is killed loses
 * at most the clicks since its last flush began: those of a second, and never more than 1,000 and those that came
 * while a flush was under way. One that closes loses none.
 */
export class Clicks {
  readonly #store: ClickLog;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #timer: NodeJS.Timeout;
  #fresh: ClickCounts = new Map();
  #waiting = 0;
  #quiet = 0;
  #flushing: Promise<void> | undefined;

  private constructor(store: ClickLog, log: Logger, metrics: Metrics) {
    this.#store = store;
    this.#log = log;
    this.#metrics = metrics;
    this.#timer = setInterval(() => void this.#tick(), FLUSH_MS);
    this.#timer.unref();
  }

  static async open(kv: Kv, log: Logger, metrics: Metrics): Promise<Clicks> {
    const carried = await carryFormerTotals(kv);
    if (carried > 0) log.info({ links: carried }, 'totals of clicks were brought into the present layout');
    return new Clicks(await ClickLog.open(kv), log, metrics);
  }

  /** Counts one click: two map operations. */
  count(linkId: string, bot: boolean): void {
    const count = this.#fresh.get(linkId);
    if (count) {
      if (bot) count.bots++;
      else count.redirects++;
    } else this.#fresh.set(linkId, bot ? { redirects: 0, bots: 1 } : { redirects: 1, bots: 0 });
    if (++this.#waiting >= FLUSH_CLICKS && !this.#flushing) void this.flush();
  }

  /** All clicks of a link until now. */
  async of(linkId: string): Promise<ClickCount> {
    await this.flush();
    return this.#store.of(linkId);
  }

  /** Writes what has been counted until now. Never rejects: what cannot be written waits for the next time. */
  async flush(): Promise<void> {
    await this.#flushing;
    if (this.#fresh.size === 0) return this.#flushing;
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Forgets the clicks of a link until now. */
  async erase(linkId: string): Promise<void> {
    await this.flush();
    await this.#store.erase(linkId);
  }

  /** Drops the totals of a link that is counted no more. */
  forget(linkId: string): Promise<void> {
    return this.#store.forget(linkId);
  }

  /** Brings every click into the totals, so that erasing a link leaves none in the log. */
  async settle(): Promise<void> {
    await this.flush();
    await this.#store.foldAll();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#store.close();
  }

  async #tick(): Promise<void> {
    this.#quiet = this.#waiting === 0 ? this.#quiet + 1 : 0;
    await this.flush();
    await this.#store.fold(this.#quiet >= QUIET_TICKS).catch((error: unknown) => this.#warn(error));
  }

  async #write(): Promise<void> {
    const counts = this.#fresh;
    this.#metrics.counter('links_clicks_total', 'Clicks on short URLs, robots included').inc(this.#waiting);
    this.#fresh = new Map();
    this.#waiting = 0;
    await this.#store.append(counts).catch((error: unknown) => {
      this.#warn(error);
      this.#takeBack(counts);
    });
  }

  #takeBack(counts: ClickCounts): void {
    for (const [linkId, { redirects, bots }] of counts) {
      const count = this.#fresh.get(linkId) ?? { redirects: 0, bots: 0 };
      this.#fresh.set(linkId, { redirects: count.redirects + redirects, bots: count.bots + bots });
    }
  }

  #warn(error: unknown): void {
    this.#log.warn({ err: error }, 'clicks could not be written; they wait');
  }
}
