import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Count, RateLimiter, Rates } from './rates.ts';

/** In the memory of this process; a restart forgives everything. */
export function memoryRates(): Rates {
  return {
    limiter: (name, points, seconds) =>
      limiterOver(new RateLimiterMemory({ keyPrefix: name, points, duration: seconds })),
    close: async () => undefined,
  };
}

/** The library's limiter as ours; `hide` makes of a key what is stored. */
export function limiterOver(inner: RateLimiterAbstract, hide = (key: string) => key): RateLimiter {
  return {
    points: inner.points,
    seconds: inner.duration,
    async consume(key) {
      try {
        return countOf(await inner.consume(hide(key)));
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const count = countOf(refused); // one that is refused from memory says nothing of how much was used
        return { ...count, used: Math.max(count.used, inner.points + 1) };
      }
    },
    async get(key) {
      const found = await inner.get(hide(key));
      return found === null ? undefined : countOf(found);
    },
    async forget(key) {
      await inner.delete(hide(key));
    },
  };
}

const countOf = ({ consumedPoints, remainingPoints, msBeforeNext }: RateLimiterRes): Count => ({
  used: consumedPoints,
  left: remainingPoints,
  ms: msBeforeNext,
});
