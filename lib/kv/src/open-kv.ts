import type { Kv } from './kv.ts';

/**
 * Opens the store behind a URL; the scheme names the driver: `lmdb:<folder>`, `redis://host:port/db?prefix=name` or
 * `rediss://…`. Rejects with a plain sentence when it cannot (unknown scheme, folder in use by another process, not
 * writable, Redis away).
 */
export async function openKv(url: string): Promise<Kv> {
  const colon = url.indexOf(':');
  const [scheme, location] = [url.slice(0, colon), url.slice(colon + 1)];
  switch (scheme) {
    case 'lmdb': {
      const { openLmdb } = await import('./lmdb.ts');
      return openLmdb(location);
    }
    case 'redis':
    case 'rediss': {
      const { openRedis } = await import('./redis.ts');
      return openRedis(url);
    }
    default:
      throw new Error(`no key-value driver for "${scheme}:"; there are lmdb:, redis: and rediss:`);
  }
}
