import { Redis } from 'ioredis';
import type { Notes } from './notes.ts';
import { redisOptions } from './redis-line.ts';
import { readRedisUrl } from './redis-url.ts';

const ANSWER_MS = 2000;

/** In Redis or Valkey, under `{<prefix>}:notes:…`. */
export function openRedisNotes(url: string): Notes {
  const place = readRedisUrl(url);
  const redis = new Redis({ ...redisOptions(place), commandTimeout: ANSWER_MS });
  redis.on('error', () => undefined); // told by the command that fails
  redis.connect().catch(() => undefined); // it goes on trying
  const name = (key: string) => `{${place.prefix}}:notes:${key}`;
  return {
    get: async (key) => (await redis.get(name(key))) ?? undefined,
    set: async (key, text, seconds) => void (await redis.set(name(key), text, 'EX', seconds)),
    add: async (key, text, seconds) => (await redis.set(name(key), text, 'EX', seconds, 'NX')) === 'OK',
    remove: async (key) => void (await redis.del(name(key))),
    close: async () => redis.disconnect(),
  };
}
