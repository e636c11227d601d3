import { Problem } from '@ptsdly/contract';
import { addressPrefix } from '@ptsdly/kit';
import type { Count, RateLimiter, Rates } from '@ptsdly/kv';
import type { Exchange, Filter } from './exchange.ts';
import { type Route, routes } from './route.ts';

/** Of one user, over all addresses, to one route: a leaked token on many machines gains nothing. */
const PER_USER = 2;

/**
 * Counts requests by client address (IPv6 by its /64) and route. Every answer says what is left
 * (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy`, `RateLimit`). Rejects with `rate_limited` and
 * Retry-After. `factor` scales all limits; 0 switches them off.
 */
export function limitByAddress(rates: Rates, factor: number, table: readonly Route[] = routes): Filter {
  const limiters = limitersOf(rates, 'address', factor, table);
  return (exchange) => {
    const limiter = exchange.route && limiters.get(exchange.route);
    if (limiter) return consume(limiter, addressPrefix(exchange.address), exchange, 'address');
  };
}

/** As by address, for who is known by now. */
export function limitByUser(rates: Rates, factor: number, table: readonly Route[] = routes): Filter {
  const limiters = limitersOf(rates, 'user', factor * PER_USER, table);
  return (exchange) => {
    const limiter = exchange.route && limiters.get(exchange.route);
    if (limiter && exchange.sub !== undefined) return consume(limiter, exchange.sub, exchange, 'user');
  };
}

function limitersOf(rates: Rates, policy: string, factor: number, table: readonly Route[]) {
  const limiters = new Map<Route, RateLimiter>();
  if (factor === 0) return limiters;
  for (const route of table) {
    if (!route.limit) continue;
    const points = Math.ceil(route.limit.points * factor);
    const name = `${policy} ${route.methods.join()} ${route.path}`;
    limiters.set(route, rates.limiter(name, points, route.limit.seconds));
  }
  return limiters;
}

function consume(
  limiter: RateLimiter,
  key: string,
  exchange: Exchange,
  policy: string,
): Promise<void> | void {
  const count = limiter.consume(key);
  if (!(count instanceof Promise)) return tell(limiter, count, exchange, policy);
  return count.then((known) => tell(limiter, known, exchange, policy));
}

function tell({ points, seconds }: RateLimiter, count: Count, { answerHeaders }: Exchange, policy: string) {
  const refused = count.used > points;
  const reset = Math.max(1, Math.ceil(count.ms / 1000));
  if (policy === 'address' || refused) {
    // one policy is told, the one that everybody meets, or the one that has refused
    answerHeaders['ratelimit-policy'] = `"${policy}";q=${points};w=${seconds}`;
    answerHeaders.ratelimit = `"${policy}";r=${count.left};t=${reset}`;
  }
  if (refused) throw new Problem('rate_limited', { retryAfter: reset });
}
