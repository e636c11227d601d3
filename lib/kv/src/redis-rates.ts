import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Count, RateLimiter, Rates, RatesOptions } from './rates.ts';
import { redisOptions } from './redis-line.ts';
import { readRedisUrl } from './redis-url.ts';

/** A limit is asked for before every request: a Redis that hangs is no reason to wait. */
const ANSWER_MS = 250;

/**
 * Windows in Redis or Valkey, under `{<prefix>}:rates:…`, each with an expiry. Who is counted is stored as a hash:
 * addresses and accounts are nobody's business there.
 */
export function openRedisRates(url: string, { onChange }: RatesOptions): Rates {
  const place = readRedisUrl(url);
  const redis = new Redis({ ...redisOptions(place), commandTimeout: ANSWER_MS });
  watch(redis, onChange ?? (() => undefined));
  redis.connect().catch(() => undefined); // it goes on trying; until then each process counts alone
  return {
    limiter(name, points, seconds) {
      const settings = { keyPrefix: `{${place.prefix}}:rates:${name}`, points, duration: seconds };
      const inner = new RateLimiterRedis({
        ...settings,
        storeClient: redis,
        rejectIfRedisNotReady: true,
        inMemoryBlockOnConsumed: points + 1, // who is over the limit is refused without asking again
        insuranceLimiter: new RateLimiterMemory(settings),
      });
      return limiterOver(inner);
    },
    close: async () => redis.disconnect(),
  };
}

/** The library's limiter as ours. */
function limiterOver(inner: RateLimiterRedis): RateLimiter {
  return {
    points: inner.points,
    seconds: inner.duration,
    async consume(key) {
      try {
        return countOf(await inner.consume(hash(key)));
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const count = countOf(refused); // one that is refused from memory says nothing of how much was used
        return { ...count, used: Math.max(count.used, inner.points + 1) };
      }
    },
    async get(key) {
      const found = await inner.get(hash(key));
      return found === null ? undefined : countOf(found);
    },
    async forget(key) {
      await inner.delete(hash(key));
    },
  };
}

const countOf = ({ consumedPoints, remainingPoints, msBeforeNext }: RateLimiterRes): Count => ({
  used: consumedPoints,
  left: remainingPoints,
  ms: msBeforeNext,
});

function watch(redis: Redis, tell: NonNullable<RatesOptions['onChange']>): void {
  let lost = false;
  redis.on('ready', () => {
    if (lost) tell('back');
    lost = false;
  });
  redis.on('error', (error: Error) => {
    if (!lost) tell('lost', error);
    lost = true;
  });
}

const hash = (key: string) => createHash('sha256').update(key).digest('base64url').slice(0, 22);
