import { Problem } from '@ptsdly/contract';

const MAX_KEYS = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Attempts at once, and the time after which there is one more. */
interface Rate {
  readonly burst: number;
  readonly refillMs: number;
}

/** For wrong passwords, by link and client. */
const PASSWORDS: Rate = { burst: 5, refillMs: 12_000 };

/** A limiter by key, held in memory; the bucket that was not used for longest is forgotten first. */
export class Attempts {
  readonly #buckets = new Map<string, Bucket>();
  readonly #rate: Rate;

  constructor(rate: Rate = PASSWORDS) {
    this.#rate = rate;
  }

  /** Takes an attempt; throws `rate_limited` when none is left. */
  take(key: string): void {
    const { burst, refillMs } = this.#rate;
    const now = Date.now();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) / refillMs);
    bucket.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    if (bucket.tokens < 1) {
      throw new Problem('rate_limited', { retryAfter: ((1 - bucket.tokens) * refillMs) / 1000 });
    }
    bucket.tokens -= 1;
  }

  /** Gives an attempt back: the password was right. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + 1);
  }
}
