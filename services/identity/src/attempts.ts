import { Problem } from '@ptsdly/contract';
import type { RateLimiter, Rates } from '@ptsdly/kv';

const WINDOW_S = 15 * 60;
/** Failures within the window: of one account from one address, and of one account from everywhere. */
const FROM_ONE_ADDRESS = 10;
const FROM_EVERYWHERE = 100;

/**
 * Failed guesses, by account and by account with address, never in one bucket for all: a stranger who guesses does not
 * lock the owner out at once, and a crowd of addresses gains little.
 */
export class Attempts {
  readonly #near: RateLimiter;
  readonly #far: RateLimiter;

  constructor(rates: Rates) {
    this.#near = rates.limiter('guesses-near', FROM_ONE_ADDRESS, WINDOW_S);
    this.#far = rates.limiter('guesses-far', FROM_EVERYWHERE, WINDOW_S);
  }

  /** Runs a guess; what it rejects with counts when it is a wrong one. Rejects with `rate_limited` before the guess. */
  async guard<T>(account: string, guess: () => Promise<T>, address = ''): Promise<T> {
    const near = `${account} ${address}`;
    await refuseSpent(this.#near, near);
    await refuseSpent(this.#far, account);
    try {
      const result = await guess();
      await this.#near.forget(near);
      return result;
    } catch (error) {
      if (error instanceof Problem && WRONG.has(error.code)) {
        await this.#near.consume(near);
        await this.#far.consume(account);
      }
      throw error;
    }
  }
}

const WRONG: ReadonlySet<string> = new Set(['invalid_credentials', 'wrong_code']);

async function refuseSpent(limiter: RateLimiter, key: string): Promise<void> {
  const spent = await limiter.get(key);
  if (spent === undefined || spent.used < limiter.points) return;
  throw new Problem('rate_limited', { retryAfter: Math.max(1, spent.ms / 1000) });
}
