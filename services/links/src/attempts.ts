import { Problem } from '@ptsdly/contract';

const BURST = 5;
const REFILL_MS = 12_000;
const MAX_KEYS = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Wrong passwords by link and client: five at once, then one every twelve seconds. Held in memory; the bucket
 * that was not used for longest is forgotten first.
 */
export class Attempts {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes an attempt; throws `rate_limited` when none is left. */
  take(key: string): void {
    const now = Date.now();
    const bucket = this.#buckets.get(key) ?? { tokens: BURST, at: now };
    bucket.tokens = Math.min(BURST, bucket.tokens + Math.max(0, now - bucket.at) / REFILL_MS);
    bucket.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    if (bucket.tokens < 1) {
      throw new Problem('rate_limited', { retryAfter: ((1 - bucket.tokens) * REFILL_MS) / 1000 });
    }
    bucket.tokens -= 1;
  }

  /** Gives an attempt back: the password was right. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens = Math.min(BURST, bucket.tokens + 1);
  }
}
