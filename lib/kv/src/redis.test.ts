import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { kvConformance } from './conformance.ts';
import { type Kv, KvError, openKv } from './index.ts';
import { type RedisServer, redisMissing, startRedis } from './testing/redis-server.ts';

const increment = (kv: Kv, key: string) =>
  kv.transaction(async (tx) => {
    const count = ((await tx.get<number>(key)) ?? 0) + 1;
    tx.put(key, count);
    return count;
  });

describe.skipIf(redisMissing)('redis', () => {
  let server: RedisServer;
  let count = 0;
  const newUrl = () => server.url(`store-${count++}`);
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  kvConformance({ name: 'redis', newUrl, exclusive: false });

  test('transactions of three processes on two counters are as if one after the other', async () => {
    const url = newUrl();
    const script = fileURLToPath(new URL('./testing/increments.ts', import.meta.url));
    const children = [1, 2, 3].map(() => spawn(process.execPath, [script, url, '100'], { stdio: 'pipe' }));
    const counts = (await Promise.all(children.map(printed))).flat();
    expect(new Set(counts).size).toBe(300);
    const kv = await openKv(url);
    expect(await kv.get('left')).toBe(300);
    expect(await kv.get('right')).toBe(300);
    await kv.close();
  }, 30_000);

  test('a transaction never acts on reads that do not belong together', async () => {
    const url = newUrl();
    const [one, two] = [await openKv(url), await openKv(url)];
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        await two.transaction((tx) => {
          tx.put('a', n);
          tx.put('b', n);
        });
      }
    })();
    let looks = 0;
    for (; looks < 300; looks++) {
      const seen = one.transaction(async (tx) => {
        const [a, b] = [await tx.get('a'), await tx.get('b')];
        if (a !== b) throw new Error('halves of two transactions');
      });
      await expect(seen).resolves.toBeUndefined();
    }
    writing = false;
    await writer;
    await Promise.all([one.close(), two.close()]);
  }, 30_000);

  test('stores with different prefixes and databases know nothing of each other', async () => {
    const url = newUrl();
    const stores = [url, newUrl(), url.replace('/0?', '/1?')];
    const kvs = await Promise.all(stores.map((each) => openKv(each)));
    for (const [n, kv] of kvs.entries()) await kv.put('k', n);
    expect(await Promise.all(kvs.map((kv) => kv.get('k')))).toEqual([0, 1, 2]);
    expect(await Promise.all(kvs.map((kv) => kv.scan({ prefix: '', limit: 9 })))).toHaveLength(3);
    await Promise.all(kvs.map((kv) => kv.close()));
  });

  test('scans beyond a page of Redis, in both directions', async () => {
    const kv = await openKv(newUrl());
    const keys = Array.from({ length: 1234 }, (_, n) => `k/${String(n).padStart(5, '0')}`);
    await kv.transaction((tx) => {
      for (const key of keys) tx.put(key, key);
    });
    const all = await kv.scan({ prefix: 'k/', limit: 5000 });
    expect(all.map(({ key }) => key)).toEqual(keys);
    const back = await kv.scan({ prefix: 'k/', limit: 1100, reverse: true, start: 'k/01200' });
    expect(back.map(({ value }) => value)).toEqual(keys.slice(101, 1201).toReversed());
    await kv.close();
  });

  test('connections that are cut lose nothing acknowledged, do nothing twice, and come back', async () => {
    const url = newUrl();
    const kv = await openKv(url);
    const { port } = new URL(url);
    const operator = new Redis(Number(port), '127.0.0.1', { protocol: 2 });
    let refused = 0;
    const acknowledged: number[] = [];
    for (let round = 0; round < 10; round++) {
      const writes = Array.from({ length: 50 }, () =>
        increment(kv, 'n').then(
          (n) => acknowledged.push(n),
          (error: unknown) => {
            expect(error).toBeInstanceOf(KvError);
            refused++;
          },
        ),
      );
      await kv.get('n').catch(() => undefined);
      await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await operator.script('FLUSH');
      await Promise.all(writes);
    }
    const stored = (await kv.get<number>('n')) ?? 0;
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(stored).toBeGreaterThanOrEqual(acknowledged.length);
    expect(stored).toBeLessThanOrEqual(acknowledged.length + refused);
    operator.disconnect();
    await kv.close();
  }, 30_000);

  test('refuses what is no Redis URL, and never repeats a password', async () => {
    const wrong = [
      'redis:',
      'redis://h/x',
      'redis://h/0/1',
      'redis://h?prefix=',
      'redis://h?prefix=a/b',
      'redis://h?x=1',
    ];
    for (const url of wrong) await expect(openKv(url)).rejects.toThrow(/Redis URL/);
    const { port } = new URL(server.url('x'));
    const failure = await openKv(`redis://me:geheim@127.0.0.1:${port}`).catch(
      (error: unknown) => error as Error,
    );
    expect(failure).toBeInstanceOf(KvError);
    expect(String((failure as Error).stack)).not.toContain('geheim');
    await expect(openKv('redis://127.0.0.1:9')).rejects.toThrow(
      /Redis at 127.0.0.1:9 could not be opened: .*ECONNREFUSED/,
    );
  });
});

describe.skipIf(redisMissing)('a redis that comes and goes', () => {
  let server: RedisServer;
  let kv: Kv;
  beforeEach(async () => {
    server = await startRedis();
    kv = await openKv(server.url('store'));
  });
  afterEach(async () => {
    await kv.close();
    await server.close();
  });
  const back = () => vi.waitFor(() => kv.get('k'), { timeout: 10_000, interval: 50 });

  test('killed: calls fail with a sentence, soon at once; everything acknowledged is there when it is back', async () => {
    for (let n = 0; n < 50; n++) await kv.put(`k${n}`, n);
    await server.signal('SIGKILL');
    const failed = await kv.put('k', 1).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(KvError);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const started = performance.now();
    await expect(kv.get('k')).rejects.toThrow('Redis is away');
    await expect(kv.scan({ prefix: '', limit: 1 })).rejects.toThrow('Redis is away');
    await expect(increment(kv, 'n')).rejects.toThrow('Redis is away');
    expect(performance.now() - started).toBeLessThan(200);
    await server.start();
    await back();
    expect(await kv.scan({ prefix: 'k', limit: 100 })).toHaveLength(50);
    expect(await increment(kv, 'n')).toBe(1);
  }, 30_000);

  test('cut off for a moment: reads wait, and no one sees an error', async () => {
    await kv.put('k', 1);
    const { port } = new URL(server.url('x'));
    const operator = new Redis(Number(port), '127.0.0.1');
    for (let round = 0; round < 5; round++) {
      const reads = Promise.all(Array.from({ length: 20 }, () => kv.get('k')));
      await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      const scan = kv.scan({ prefix: 'k', limit: 1 });
      expect(new Set(await reads)).toEqual(new Set([1]));
      expect(await scan).toEqual([{ key: 'k', value: 1 }]);
    }
    operator.disconnect();
  }, 30_000);

  test('hung: calls fail after seconds, and go on when it does', async () => {
    await server.signal('SIGSTOP');
    const started = performance.now();
    await expect(kv.put('k', 1)).rejects.toThrow(KvError);
    expect(performance.now() - started).toBeLessThan(8000);
    await server.signal('SIGCONT');
    await back();
  }, 30_000);

  test('closing does not wait for one that is away', async () => {
    await server.signal('SIGKILL');
    const started = performance.now();
    const write = kv.put('k', 1).catch((error: unknown) => error);
    await kv.close();
    expect(await write).toBeInstanceOf(KvError);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('full: writes are refused whole, reads go on, and it recovers by itself', async () => {
    const { port } = new URL(server.url('x'));
    const operator = new Redis(Number(port), '127.0.0.1');
    await operator.config('SET', 'maxmemory', '4mb');
    const piece = 'x'.repeat(100_000);
    let written = 0;
    while (
      written < 100 &&
      (await kv.put(`piece/${written}`, piece).then(
        () => true,
        () => false,
      ))
    )
      written++;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(100);
    const many = kv.transaction((tx) => {
      for (let n = 0; n < 5; n++) tx.put(`more/${n}`, piece);
    });
    await expect(many).rejects.toThrow('Redis takes no writes');
    expect(await kv.scan({ prefix: 'piece/', limit: 100 })).toHaveLength(written);
    expect(await kv.scan({ prefix: 'more/', limit: 100 })).toEqual([]);
    for (let n = 0; n < written; n++) await kv.remove(`piece/${n}`);
    await kv.put('again', piece);
    operator.disconnect();
  });
});

test.skipIf(redisMissing)('a redis that throws keys away under pressure is refused', async () => {
  const server = await startRedis('--maxmemory-policy', 'allkeys-lru');
  await expect(openKv(server.url('x'))).rejects.toThrow(/maxmemory-policy allkeys-lru/);
  await server.close();
});

test.skipIf(redisMissing)(
  'a password is used, and a change of it is survived',
  async () => {
    const server = await startRedis('--requirepass', 'one');
    const url = server.url('x').replace('//', '//:one@');
    const kv = await openKv(url);
    const { port } = new URL(url);
    const operator = new Redis(Number(port), '127.0.0.1', { password: 'one' });
    await operator.config('SET', 'requirepass', 'two');
    await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect(kv.get('k')).rejects.toThrow(KvError);
    await operator.config('SET', 'requirepass', 'one');
    await vi.waitFor(() => kv.put('k', 1), { timeout: 10_000, interval: 50 });
    operator.disconnect();
    await kv.close();
    await server.close();
  },
  30_000,
);

async function printed(child: ChildProcess): Promise<number[]> {
  const numbers: number[] = [];
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
    numbers.push(Number(line));
  });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
  return numbers;
}
