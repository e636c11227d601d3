import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Event, type FeedPage, type Fetch, feedApi } from '@ptsdly/contract';
import type { Logger } from './log.ts';

/** Where a consumer keeps the last number it has applied. */
export interface Cursor {
  load(): Promise<number>;
  save(seq: number): Promise<void>;
}

export interface FollowOptions {
  /** Name under which the feed sees this consumer. */
  readonly consumer: string;
  /** The feed: `GET <baseUrl>/internal/events`. */
  readonly fetch: Fetch;
  readonly baseUrl: string;
  readonly headers?: () => Promise<Record<string, string>>;
  readonly serverId?: string;
  readonly cursor: Cursor;
  /** Where to begin while the cursor stands at 0: with all there is, or (`end`) with what comes from now on. */
  readonly from?: 'start' | 'end';
  /** Applies one event; must bear the same event twice. */
  readonly apply: (event: Event) => Promise<void> | void;
  /** How long the next question waits for news, in seconds; 20 where not given. */
  readonly wait?: () => number;
  /** Called as the feed is asked; what it gives is called once all that stood there by then has been applied. */
  readonly onAsk?: () => () => void;
  readonly log: Logger;
}

export interface Follower {
  /** Resolves once everything that stood in the feed at the start has been applied. */
  readonly caughtUp: Promise<void>;
  /** Ends a wait and asks anew, without one. What is asked without a wait already is left alone. */
  hurry(): void;
  close(): Promise<void>;
}

const WAIT_S = 20;
/** A feed that has not answered so long after the wait has been lost on the way: a line that went silent tells nobody. */
const ANSWER_MS = 5000;
/** An answer that is later than this made something wait. */
const LATE_MS = 500;
const BROKEN_OFF_MS = 50;
const RETRY_MS = [100, 250, 500, 1000, 2000];

/** Follows a feed for ever: in order, at least once, from the stored cursor, through any outage. */
export function follow(options: FollowOptions): Follower {
  const following = new Following(options);
  const running = following.run();
  return {
    caughtUp: following.caughtUp.promise,
    hurry: () => following.hurry(),
    async close() {
      following.close();
      await running;
    },
  };
}

class Following {
  readonly caughtUp = Promise.withResolvers<void>();
  readonly #options: FollowOptions;
  readonly #stop = new AbortController();
  readonly #client;
  #after: number | 'end' | undefined;
  #failures = 0;
  /** The next question is asked without a wait: at the start, and after anything unusual. */
  #hurried = true;
  #asking: { readonly abort: AbortController; readonly wait: number } | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#client = createClient(feedApi, options);
  }

  hurry(): void {
    this.#hurried = true;
    if (this.#asking && this.#asking.wait > 0) this.#asking.abort.abort();
  }

  close(): void {
    this.#stop.abort();
    this.#asking?.abort.abort();
  }

  async run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const pause = await this.#step();
        this.#failures = 0;
        if (pause > 0) await this.#sleep(pause);
      } catch (error) {
        if (signal.aborted) return;
        this.#hurried = true;
        const { log, consumer } = this.#options;
        log.warn({ err: error, consumer }, 'the feed is away');
        await this.#sleep(RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)] ?? 0);
      }
    }
  }

  /** Asks once and applies what comes. Resolves with how long to wait before the next, in milliseconds. */
  async #step(): Promise<number> {
    const { cursor, from, apply, onAsk } = this.#options;
    this.#after ??= (await cursor.load()) || (from === 'end' ? 'end' : 0);
    const after = this.#after;
    const wait = this.#hurried ? 0 : (this.#options.wait?.() ?? WAIT_S);
    this.#hurried = false;
    const askedAt = performance.now();
    const onApplied = onAsk?.();
    const page = await this.#ask(after, wait);
    if (!page) return 0;
    for (const event of page.items) await apply(event);
    if (after === 'end' || page.next > after) await cursor.save(page.next);
    this.#after = page.next;
    if (page.complete) onApplied?.();
    if (page.complete ?? page.next === after) this.caughtUp.resolve();
    else this.#hurried = true; // until there is nothing more
    if (performance.now() - askedAt > wait * 1000 + LATE_MS) this.#hurried = true;
    return page.complete === false && page.items.length === 0 && page.next === after ? BROKEN_OFF_MS : 0;
  }

  /** A page, or undefined when there was a hurry. */
  async #ask(after: number | 'end', wait: number): Promise<FeedPage | undefined> {
    const { consumer, serverId } = this.#options;
    const abort = new AbortController();
    this.#asking = { abort, wait };
    const late = setTimeout(() => abort.abort(new Error('no answer in time')), wait * 1000 + ANSWER_MS);
    try {
      const query = { after, wait, consumer, serverId };
      return await this.#client.events({ query }, { signal: abort.signal });
    } catch (error) {
      if (this.#hurried && abort.signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(late);
      this.#asking = undefined;
    }
  }

  #sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
