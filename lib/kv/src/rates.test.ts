import { afterEach, expect, test } from 'vitest';
import { openRates } from './open-rates.ts';
import type { Rates } from './rates.ts';
import { type RedisServer, redisMissing, startRedis } from './testing/redis-server.ts';

let server: RedisServer | undefined;
const opened: Rates[] = [];
async function open(url?: string, onChange?: (state: string) => void): Promise<Rates> {
  const rates = await openRates(url, onChange ? { onChange } : {});
  opened.push(rates);
  return rates;
}
afterEach(async () => {
  for (const rates of opened.splice(0)) await rates.close();
  await server?.close();
  server = undefined;
});

/** Takes until the answer is a refusal; how many were let through. */
async function taken(rates: readonly Rates[], key = 'a', points = 5): Promise<number> {
  const limiters = rates.map((each) => each.limiter('test', points, 60));
  for (let count = 0; count < 50; count++) {
    const limiter = limiters[count % limiters.length];
    if (((await limiter?.consume(key))?.used ?? 0) > points) return count;
  }
  return Number.POSITIVE_INFINITY;
}

test('in memory: so many in a window, each key for itself, and what is left is told', async () => {
  const rates = await open();
  const limiter = rates.limiter('test', 2, 60);
  expect(await limiter.get('a')).toBeUndefined();
  expect(await limiter.consume('a')).toMatchObject({ used: 1, left: 1 });
  expect(await limiter.consume('a')).toMatchObject({ used: 2, left: 0 });
  expect((await limiter.consume('a')).used).toBeGreaterThan(2);
  expect(await limiter.consume('b')).toMatchObject({ used: 1 });
  await limiter.forget('a');
  expect(await limiter.consume('a')).toMatchObject({ used: 1, left: 1 });
});

test('in memory: a window ends, for one key after another', async () => {
  const rates = await open();
  const limiter = rates.limiter('test', 1, 0.2);
  for (const key of ['a', 'b']) await limiter.consume(key);
  expect(await limiter.consume('a')).toMatchObject({ used: 2, left: 0 });
  await expect.poll(() => limiter.get('b')).toBeUndefined();
  expect(await limiter.consume('a')).toMatchObject({ used: 1, left: 0 });
  expect(await limiter.get('b')).toBeUndefined();
});

test.skipIf(redisMissing)('in Redis several processes count together', async () => {
  server = await startRedis();
  const url = server.url('rates');
  const two = [await open(url), await open(url)];
  await expect.poll(async () => (await two[1]?.limiter('warm', 9, 60).consume('x'))?.used).toBe(2);
  expect(await taken(two)).toBe(5);
  expect(await taken(two, 'b')).toBe(5);
  // Stored as hashes, under the prefix, and not for ever.
  const { Redis } = await import('ioredis');
  const redis = new Redis(url.replace(/\?.*/, ''));
  const keys = await redis.keys('*');
  expect(keys.every((key) => /^\{rates\}:rates:(test|warm):[\w-]{22}$/.test(key))).toBe(true);
  for (const key of keys) expect(await redis.ttl(key)).toBeGreaterThan(0);
  redis.disconnect();
});

test.skipIf(redisMissing)('while Redis is away or hangs, each process counts for itself', async () => {
  server = await startRedis();
  const states: string[] = [];
  const url = server.url('lost');
  const rates = await open(url, (state) => states.push(state));
  const limiter = rates.limiter('test', 5, 60);
  await expect.poll(async () => (await limiter.consume('warm')).used).toBeGreaterThan(1);
  await server.signal('SIGSTOP');
  const started = performance.now();
  expect(await taken([rates], 'hangs', 3)).toBe(3);
  expect(performance.now() - started).toBeLessThan(5000);
  await server.signal('SIGCONT');
  await server.signal('SIGKILL');
  expect(await taken([rates], 'away', 3)).toBe(3);
  await expect.poll(() => states).toContain('lost');
  await server.start();
  await expect.poll(() => states.at(-1), { timeout: 5000 }).toBe('back');
  const other = await open(url);
  await limiter.consume('again');
  await expect
    .poll(async () => (await other.limiter('test', 5, 60).consume('again')).used)
    .toBeGreaterThan(1);
});
