import { Problem } from '@ptsdly/contract';
import { addressPrefix } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import { Attempts } from '../opening/attempts.ts';

/** Wrong codes at once from one address, and the time after which there is one more. */
const BURST = 60;
const REFILL_MS = 2000;
/** Addresses that are remembered; the one that has not missed for longest is forgotten first. */
const MAX_ADDRESSES = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Slows down whoever tries codes that do not exist, by address (IPv6 by its /64). Asked at misses only: a link that
 * exists costs nothing and is never refused. One process counts in memory; several over one store count together in it.
 */
export class Misses {
  readonly #buckets = new Map<string, Bucket>();
  readonly #burst: number;
  readonly #shared: Attempts | undefined;

  /** `factor` scales the limit; 0 switches it off. */
  constructor(kv: Kv, factor = 1) {
    this.#burst = BURST * factor;
    const rate = { burst: this.#burst, refillMs: REFILL_MS };
    this.#shared = kv.shared && factor > 0 ? new Attempts(kv, 'miss', rate) : undefined;
  }

  /** Notes a miss. Rejects with `rate_limited` when there were too many. */
  async note(address: string): Promise<void> {
    if (this.#burst === 0) return;
    const prefix = addressPrefix(address);
    if (this.#shared) await this.#shared.take(prefix);
    else this.#take(prefix);
  }

  async close(): Promise<void> {
    await this.#shared?.close();
  }

  #take(prefix: string): void {
    const now = Date.now();
    const bucket = this.#buckets.get(prefix) ?? { tokens: this.#burst, at: now };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + Math.max(0, now - bucket.at) / REFILL_MS);
    bucket.at = now;
    this.#buckets.delete(prefix);
    this.#buckets.set(prefix, bucket);
    if (this.#buckets.size > MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value as string);
    if (bucket.tokens < 1) {
      throw new Problem('rate_limited', { retryAfter: ((1 - bucket.tokens) * REFILL_MS) / 1000 });
    }
    bucket.tokens -= 1;
  }
}
