import { Problem } from '@ptsdly/contract';
import { RateLimiterMemory } from 'rate-limiter-flexible';

const WINDOW_S = 15 * 60;
/** Failures within the window: of one account from one address, and of one account from everywhere. */
const FROM_ONE_ADDRESS = 10;
const FROM_EVERYWHERE = 100;

/**
 * Failed guesses, by account and by account with address, never in one bucket for all: a stranger who guesses does not
 * lock the owner out at once, and a crowd of addresses gains little.
 */
export class Attempts {
  readonly #near = new RateLimiterMemory({ points: FROM_ONE_ADDRESS, duration: WINDOW_S });
  readonly #far = new RateLimiterMemory({ points: FROM_EVERYWHERE, duration: WINDOW_S });

  /** Runs a guess; what it rejects with counts when it is a wrong one. Rejects with `rate_limited` before the guess. */
  async guard<T>(account: string, guess: () => Promise<T>, address = ''): Promise<T> {
    const near = `${account} ${address}`;
    await refuseSpent(this.#near, near);
    await refuseSpent(this.#far, account);
    try {
      const result = await guess();
      await this.#near.delete(near);
      return result;
    } catch (error) {
      if (error instanceof Problem && WRONG.has(error.code)) {
        await this.#near.penalty(near);
        await this.#far.penalty(account);
      }
      throw error;
    }
  }
}

const WRONG: ReadonlySet<string> = new Set(['invalid_credentials', 'wrong_code']);

async function refuseSpent(limiter: RateLimiterMemory, key: string): Promise<void> {
  const spent = await limiter.get(key);
  if (spent === null || spent.consumedPoints < limiter.points) return;
  throw new Problem('rate_limited', { retryAfter: Math.max(1, spent.msBeforeNext / 1000) });
}
