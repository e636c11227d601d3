import { Problem } from '@ptsdly/contract';
import { addressPrefix } from '@ptsdly/kit';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Filter } from './exchange.ts';
import { type Route, routes } from './route.ts';

/**
 * Counts requests by client address (IPv6 by its /64) and route, in memory. Rejects with `rate_limited` and
 * Retry-After. `factor` scales all limits; 0 switches them off.
 */
export function limitRate(factor: number, table: readonly Route[] = routes): Filter {
  const limiters = new Map<Route, RateLimiterMemory>();
  for (const route of table) {
    if (!route.limit) continue;
    const points = Math.ceil(route.limit.points * factor);
    limiters.set(route, new RateLimiterMemory({ points, duration: route.limit.seconds }));
  }
  return async ({ request, route }) => {
    const limiter = route && limiters.get(route);
    if (!limiter || factor === 0) return;
    try {
      await limiter.consume(addressPrefix(request.socket.remoteAddress ?? ''));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new Problem('rate_limited', { retryAfter: Math.max(1, Math.ceil(refused.msBeforeNext / 1000)) });
    }
  };
}
