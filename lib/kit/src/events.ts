import type { Event, FeedPage } from '@ptsdly/contract';

/** A reader of the outbox of one service; the driver is SQL (`lib/db`) or KV (`lib/kv`). */
export interface Outbox {
  /** Events with a number over `after`, in order, at most `limit`. */
  read(after: number, limit: number): Promise<Event[]>;
  /** The number of the newest event, also when that has been removed; where it is not known, all are read. */
  last?(): Promise<number>;
}

/** Wakes the readers of a feed when something was written. Purely a hurry: readers also look by themselves. */
export class Bell {
  #waiting = new Set<() => void>();

  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next ring, after `ms`, or when `signal` aborts. Never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
      signal?.addEventListener('abort', done);
      if (signal?.aborted) done();
    });
  }
}

/**
 * Where several processes serve the same feed, what one of them was told about a consumer's progress is known to
 * the others through this.
 */
export interface SharedProgress {
  load(consumer: string): Promise<number>;
  save(consumer: string, seq: number): Promise<void>;
}

/** How often a wait for a consumer looks at the shared progress, in milliseconds. */
const LOOK_MS = 50;

export interface FeedQuery {
  /** `end`: behind the newest event there is. */
  readonly after: number | 'end';
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
  readonly serverId?: string | undefined;
  readonly consumer?: string | undefined;
}

/**
 * Serves `GET /internal/events`: what stands after a number, or what comes within `wait` seconds.
 * It also remembers how far each named consumer has applied, which is what a revocation waits for.
 */
export class Feed {
  readonly #outbox: Outbox;
  readonly #bell: Bell;
  readonly #shared: SharedProgress | undefined;
  readonly #applied = new Map<string, { seq: number; at: number }>();
  readonly #progress = new Bell();
  readonly #stop = new AbortController();

  constructor(outbox: Outbox, bell: Bell, shared?: SharedProgress) {
    this.#outbox = outbox;
    this.#bell = bell;
    this.#shared = shared;
  }

  async page(query: FeedQuery): Promise<FeedPage> {
    let after = query.after === 'end' ? await this.#end() : query.after;
    this.#note(query.consumer, after);
    if (query.after === 'end') return { items: [], next: after, complete: true };
    const deadline = performance.now() + query.wait * 1000;
    for (;;) {
      const rung = this.#bell.wait(
        Math.max(0, Math.min(1000, deadline - performance.now())),
        this.#stop.signal,
      );
      const events = await this.#outbox.read(after, query.limit);
      const items = events.filter((event) => concerns(event, query.serverId));
      after = events.at(-1)?.seq ?? after;
      const over = performance.now() >= deadline;
      const complete = events.length < query.limit;
      if (items.length > 0 || over) return { items, next: after, complete };
      if (complete) await rung;
      if (this.#stop.signal.aborted) return { items: [], next: after, complete: false }; // the outbox may be closed by now
    }
  }

  /** True once `consumer` has applied everything up to `seq`; false when it does not within `ms`. */
  async appliedBy(consumer: string, seq: number, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (;;) {
      if ((this.#applied.get(consumer)?.seq ?? -1) >= seq) return true;
      if (this.#shared && (await this.#shared.load(consumer)) >= seq) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.#progress.wait(this.#shared ? Math.min(left, LOOK_MS) : left, this.#stop.signal);
      if (this.#stop.signal.aborted) return false;
    }
  }

  /** Ends all waits, so that the service can close. */
  close(): void {
    this.#stop.abort();
  }

  async #end(): Promise<number> {
    if (this.#outbox.last) return this.#outbox.last();
    for (let after = 0; ; ) {
      const page = await this.#outbox.read(after, 1000);
      if (page.length === 0) return after;
      after = page.at(-1)?.seq ?? after;
    }
  }

  #note(consumer: string | undefined, after: number): void {
    if (!consumer) return;
    if (after > (this.#applied.get(consumer)?.seq ?? 0)) {
      // Where it cannot be written, a revocation elsewhere is answered `pending`; the next page tries again.
      this.#shared?.save(consumer, after).catch(() => this.#applied.delete(consumer));
    }
    this.#applied.set(consumer, { seq: after, at: Date.now() });
    this.#progress.ring();
  }
}

function concerns(event: Event, serverId: string | undefined): boolean {
  if (serverId === undefined || !('serverId' in event.data)) return true;
  return event.data.serverId === serverId;
}
