import { Problem } from '@ptsdly/contract';
import { addressPrefix } from '@ptsdly/kit';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Exchange, Filter } from './exchange.ts';
import { type Route, routes } from './route.ts';

/** Of one user, over all addresses, to one route: a leaked token on many machines gains nothing. */
const PER_USER = 2;

/**
 * Counts requests by client address (IPv6 by its /64) and route, in memory. Every answer says what is left
 * (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy`, `RateLimit`). Rejects with `rate_limited` and
 * Retry-After. `factor` scales all limits; 0 switches them off.
 */
export function limitByAddress(factor: number, table: readonly Route[] = routes): Filter {
  const limiters = limitersOf(factor, table);
  return async (exchange) => {
    const limiter = exchange.route && limiters.get(exchange.route);
    if (limiter) await consume(limiter, addressPrefix(exchange.address), exchange, 'address');
  };
}

/** As by address, for who is known by now. */
export function limitByUser(factor: number, table: readonly Route[] = routes): Filter {
  const limiters = limitersOf(factor * PER_USER, table);
  return async (exchange) => {
    const limiter = exchange.route && limiters.get(exchange.route);
    if (limiter && exchange.sub !== undefined) await consume(limiter, exchange.sub, exchange, 'user');
  };
}

function limitersOf(factor: number, table: readonly Route[]): Map<Route, RateLimiterMemory> {
  const limiters = new Map<Route, RateLimiterMemory>();
  if (factor === 0) return limiters;
  for (const route of table) {
    if (!route.limit) continue;
    const points = Math.ceil(route.limit.points * factor);
    limiters.set(route, new RateLimiterMemory({ points, duration: route.limit.seconds }));
  }
  return limiters;
}

async function consume(limiter: RateLimiterMemory, key: string, { response }: Exchange, policy: string) {
  const { points, duration } = limiter;
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key);
    if (policy !== 'address') return; // one policy is told, the one that everybody meets
    response.setHeader('ratelimit-policy', `"${policy}";q=${points};w=${duration}`);
    response.setHeader('ratelimit', `"${policy}";r=${remainingPoints};t=${seconds(msBeforeNext)}`);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const retryAfter = seconds(refused.msBeforeNext);
    response.setHeader('ratelimit-policy', `"${policy}";q=${points};w=${duration}`);
    response.setHeader('ratelimit', `"${policy}";r=0;t=${retryAfter}`);
    throw new Problem('rate_limited', { retryAfter });
  }
}

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));
