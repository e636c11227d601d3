import type { Rates, RatesOptions } from './rates.ts';

/**
 * Opens a place to count in: `redis://…` or `rediss://…`, shared by all processes that name it, or the memory of this
 * one where no URL is given. While Redis is away each process counts for itself, so that a lost store neither stops
 * the product nor opens it. Throws a plain sentence on a URL that is none.
 */
export async function openRates(url?: string, options: RatesOptions = {}): Promise<Rates> {
  if (url === undefined) {
    const { memoryRates } = await import('./memory-rates.ts');
    return memoryRates();
  }
  const { openRedisRates } = await import('./redis-rates.ts');
  return openRedisRates(url, options);
}
