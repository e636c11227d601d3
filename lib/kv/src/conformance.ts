import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry, Kv, Range } from './kv.ts';
import { openKv } from './open-kv.ts';
import { appendEvent, feedCursor, pruneOutbox, readOutbox, sharedProgress } from './outbox.ts';

/** A driver under test. */
export interface KvDriver {
  readonly name: string;
  /** The URL of an empty store, a new one each time. */
  newUrl(): string;
  /** True where one process has the store to itself. */
  readonly exclusive: boolean;
}

/** Registers the promises of the `Kv` port as tests; every driver passes all of them. */
export function kvConformance(driver: KvDriver): void {
  describe(`kv on ${driver.name}`, () => {
    const store: Store = { url: '', kv: undefined as never };
    beforeEach(async () => {
      store.url = driver.newUrl();
      store.kv = await openKv(store.url);
    });
    afterEach(() => store.kv.close());

    describe('values and keys', () => values(store));
    describe('scan', () => scans(store));
    describe('transaction', () => transactions(store));
    describe('outbox', () => outbox(store));
    describe('life', () => life(store, driver));
  });
}

interface Store {
  url: string;
  kv: Kv;
}

function values(store: Store): void {
  test('gives back what was put, whatever JSON can say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        const stored = JSON.parse(JSON.stringify(value)) as unknown; // -0 becomes 0, as in JSON
        await store.kv.put('value', stored);
        expect(await store.kv.get('value')).toEqual(stored);
      }),
      { numRuns: 50 },
    );
  });

  test('large values and numbers keep every digit', async () => {
    const value = { text: 'x'.repeat(700_000), numbers: [2 ** 53 - 1, -(2 ** 53) + 1, 1.1, Date.now()] };
    await store.kv.put('large', value);
    expect(await store.kv.get('large')).toEqual(value);
  });

  test('absent is undefined, null is a value', async () => {
    expect(await store.kv.get('k')).toBeUndefined();
    await store.kv.put('k', null);
    expect(await store.kv.get('k')).toBeNull();
    await store.kv.remove('k');
    await store.kv.remove('k');
    expect(await store.kv.get('k')).toBeUndefined();
  });

  test('insert writes only once, also when many try at once', async () => {
    const tries = Array.from({ length: 50 }, (_, n) => store.kv.insert('k', n));
    const won = (await Promise.all(tries)).flatMap((done, n) => (done ? [n] : []));
    expect(won).toHaveLength(1);
    expect(await store.kv.get('k')).toBe(won[0]);
  });

  test('keys with zero bytes, control characters and separators stay apart', async () => {
    const keys = [
      '\0',
      '\0\0',
      '\u0001',
      'a',
      'a\0',
      'a\0b',
      'a/b',
      'a:b',
      'a\nb',
      ' ',
      '\u{10ffff}',
      '가',
      'é',
    ];
    for (const key of keys) await store.kv.put(key, key);
    for (const key of keys) expect(await store.kv.get(key)).toBe(key);
    expect(await store.kv.scan({ prefix: '', limit: 100 })).toHaveLength(keys.length);
  });

  test('refuses keys and values that it could not keep', async () => {
    const { kv } = store;
    await expect(kv.put('', 1)).rejects.toThrow(TypeError);
    await expect(kv.put('\ud800', 1)).rejects.toThrow(TypeError);
    await expect(kv.put('가'.repeat(334), 1)).rejects.toThrow(TypeError);
    await expect(kv.put('k', undefined)).rejects.toThrow(TypeError);
    await kv.put('가'.repeat(333), 1);
    expect(await kv.get('가'.repeat(333))).toBe(1);
  });
}

function scans(store: Store): void {
  const keysOf = async (range: Partial<Range>) =>
    (await store.kv.scan({ prefix: '', limit: 1000, ...range })).map(({ key }) => key);

  test('visits a prefix and nothing beside it', async () => {
    for (const key of ['a', 'a/', 'a/1', 'a/2', 'a0', 'b', 'a/\u{10ffff}', 'a.']) await store.kv.put(key, 1);
    expect(await keysOf({ prefix: 'a/' })).toEqual(['a/', 'a/1', 'a/2', 'a/\u{10ffff}']);
    expect(await keysOf({ prefix: 'a/', reverse: true })).toEqual(['a/\u{10ffff}', 'a/2', 'a/1', 'a/']);
    expect(await keysOf({ prefix: 'c' })).toEqual([]);
    expect(await keysOf({ prefix: 'a', limit: 0 })).toEqual([]);
  });

  test('orders by the bytes of UTF-8, not by UTF-16', async () => {
    for (const key of ['\u{1f600}', '\uff5e', 'z', 'Z']) await store.kv.put(key, 1);
    expect(await keysOf({})).toEqual(['Z', 'z', '\uff5e', '\u{1f600}']);
  });

  test('pages meet without a gap or an overlap, in both directions, also when the bound is gone', async () => {
    const all = Array.from({ length: 25 }, (_, n) => `p/${String(n).padStart(2, '0')}`);
    for (const key of all) await store.kv.put(key, 1);
    for (const reverse of [false, true]) {
      const seen: string[] = [];
      for (let after: string | undefined; ; after = seen.at(-1)) {
        const page = await keysOf({ prefix: 'p/', limit: 7, reverse, ...(after ? { after } : {}) });
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toEqual(reverse ? all.toReversed() : all);
    }
    await store.kv.remove('p/10');
    expect(await keysOf({ prefix: 'p/', after: 'p/10', limit: 1 })).toEqual(['p/11']);
    expect(await keysOf({ prefix: 'p/', after: 'p/10', limit: 1, reverse: true })).toEqual(['p/09']);
  });

  test('long keys are kept whole as keys and as bounds', async () => {
    const all = Array.from({ length: 60 }, (_, n) => `${'가'.repeat(300)}${String(n).padStart(2, '0')}`);
    await Promise.all(all.map((key) => store.kv.put(key, key)));
    const walked: string[] = [];
    for (let n = 0; n < all.length; n++) {
      walked.push(
        ...(await keysOf({ prefix: '가', limit: 1, ...(n > 0 ? { after: all[n - 1] as string } : {}) })),
      );
    }
    expect(walked).toEqual(all);
  });

  test('agrees with a sorted list, for any keys and any range', async () => {
    const key = fc.string({
      unit: fc.constantFrom('a', 'b', '\0', '/', '가', '\u{1f600}', '\uffff'),
      maxLength: 4,
    });
    const range = fc.record(
      { prefix: key, start: key, after: key, limit: fc.integer({ min: 1, max: 8 }), reverse: fc.boolean() },
      { requiredKeys: ['prefix', 'limit'] },
    );
    const keys = fc.uniqueArray(
      key.filter((text) => text !== ''),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(keys, fc.array(range, { maxLength: 10 }), async (present, ranges) => {
        await clear(store.kv);
        await Promise.all(present.map((name) => store.kv.put(name, name)));
        for (const one of ranges) expect(await store.kv.scan(one)).toEqual(expected(present, one));
      }),
      { numRuns: 60 },
    );
  });
}

async function clear(kv: Kv): Promise<void> {
  const entries = await kv.scan({ prefix: '', limit: 1000 });
  await Promise.all(entries.map(({ key }) => kv.remove(key)));
}

function expected(keys: readonly string[], { prefix, start, after, limit, reverse }: Range): Entry<string>[] {
  const order = (a: string, b: string) => Buffer.from(a).compare(Buffer.from(b)) * (reverse ? -1 : 1);
  return keys
    .filter((key) => key.startsWith(prefix))
    .filter((key) => start === undefined || order(key, start) >= 0)
    .filter((key) => after === undefined || order(key, after) > 0)
    .sort(order)
    .slice(0, limit)
    .map((key) => ({ key, value: key }));
}

const increment = (kv: Kv, key: string) =>
  kv.transaction(async (tx) => {
    const count = ((await tx.get<number>(key)) ?? 0) + 1;
    tx.put(key, count);
    return count;
  });

function transactions(store: Store): void {
  test('500 at once on one counter give exactly 500, and each its own number', async () => {
    const counts = await Promise.all(Array.from({ length: 500 }, () => increment(store.kv, 'n')));
    expect(await store.kv.get('n')).toBe(500);
    expect(new Set(counts).size).toBe(500);
  });

  test('money moved at random between accounts is neither made nor lost', async () => {
    const { kv } = store;
    for (let account = 0; account < 5; account++) await kv.put(`account/${account}`, 100);
    const move = (from: number, to: number, amount: number) =>
      kv.transaction(async (tx) => {
        const source = (await tx.get<number>(`account/${from}`)) ?? 0;
        if (source < amount) return;
        tx.put(`account/${from}`, source - amount);
        tx.put(`account/${to}`, ((await tx.get<number>(`account/${to}`)) ?? 0) + amount);
      });
    await Promise.all(Array.from({ length: 300 }, (_, n) => move(n % 5, (n * 7 + 1) % 5, (n * 13) % 40)));
    const balances = await kv.scan<number>({ prefix: 'account/', limit: 10 });
    expect(balances.reduce((sum, { value }) => sum + value, 0)).toBe(500);
    expect(Math.min(...balances.map(({ value }) => value))).toBeGreaterThanOrEqual(0);
  });

  test('sees its own writes and removals, others see them only afterwards', async () => {
    const { kv } = store;
    await kv.put('old', 1);
    const seen = await kv.transaction(async (tx) => {
      tx.put('new', 2);
      tx.remove('old');
      const own = [await tx.get('new'), await tx.get('old')];
      return [...own, await kv.get('new'), await kv.get('old')];
    });
    expect(seen).toEqual([2, undefined, undefined, 1]);
    expect([await kv.get('new'), await kv.get('old')]).toEqual([2, undefined]);
  });

  test('one that throws writes nothing, and the next one runs', async () => {
    const { kv } = store;
    const failed = kv.transaction((tx) => {
      tx.put('k', 1);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await kv.get('k')).toBeUndefined();
    expect(await increment(kv, 'k')).toBe(1);
  });

  test('one that only reads waits for what it has read to be written', async () => {
    const { kv } = store;
    const writing = kv.put('k', 1);
    const read = await kv.transaction((tx) => tx.get('k'));
    expect(read).toBe(1);
    expect(await kv.get('k')).toBe(1);
    await writing;
  });
}

function outbox(store: Store): void {
  test('numbers events without a gap, in the transaction that makes them true', async () => {
    const { kv } = store;
    const write = (n: number) => kv.transaction((tx) => appendEvent(tx, { n }));
    const failed = kv.transaction(async (tx) => {
      await appendEvent(tx, { n: -1 });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const seqs = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(write));
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const reader = readOutbox<{ n: number }>(kv);
    const page = await reader.read(8, 2);
    expect(page.map(({ seq, data }) => [seq, data.n])).toEqual([
      [9, 9],
      [10, 10],
    ]);
    expect(new Date(page[0]?.at ?? '').getTime()).toBeCloseTo(Date.now(), -5);
    expect(await reader.read(11, 10)).toEqual([]);
  });

  test('old events go, except what somebody who needs them has not applied', async () => {
    const { kv } = store;
    for (let n = 1; n <= 4; n++) await kv.transaction((tx) => appendEvent(tx, { n }));
    const later = new Date(Date.now() + 60_000).toISOString();
    const progress = sharedProgress(kv, ['links']);
    expect(await pruneOutbox(kv, later, ['links'])).toBe(0);
    await progress.save('links', 3);
    expect(await pruneOutbox(kv, new Date(0).toISOString(), ['links'])).toBe(0);
    expect(await pruneOutbox(kv, later, ['links'])).toBe(3);
    expect((await readOutbox(kv).read(0, 10)).map(({ seq }) => seq)).toEqual([4]);
    expect(await pruneOutbox(kv, later, [])).toBe(1);
    expect(await readOutbox(kv).last()).toBe(4);
    expect(await kv.transaction((tx) => appendEvent(tx, { n: 5 }))).toBe(5);
  });

  test('a cursor keeps its place by feed', async () => {
    const cursor = feedCursor(store.kv, 'identity');
    expect(await cursor.load()).toBe(0);
    await cursor.save(42);
    expect(await feedCursor(store.kv, 'identity').load()).toBe(42);
    expect(await feedCursor(store.kv, 'subscriptions').load()).toBe(0);
  });
}

function life(store: Store, driver: KvDriver): void {
  test('closing ends what is under way; afterwards everything is refused; reopening finds it all', async () => {
    const writes = Promise.all(Array.from({ length: 20 }, () => increment(store.kv, 'n')));
    await store.kv.close();
    await writes;
    await expect(store.kv.get('n')).rejects.toThrow('closed');
    await expect(store.kv.put('n', 1)).rejects.toThrow('closed');
    store.kv = await openKv(store.url);
    expect(await store.kv.get('n')).toBe(20);
  });

  test('kill -9 loses nothing that was acknowledged and halves no transaction', async () => {
    await store.kv.close();
    const { child, acknowledged } = await writer(store.url, 200);
    child.kill('SIGKILL');
    await once(child, 'exit');
    store.kv = await openKv(store.url);
    const left = (await store.kv.get<number>('left')) ?? 0;
    expect(left).toBeGreaterThanOrEqual(acknowledged());
    expect(await store.kv.get('right')).toBe(left);
    expect(await store.kv.scan({ prefix: 'entry/', limit: left + 10 })).toHaveLength(left);
  }, 30_000);

  test.runIf(driver.exclusive)(
    'a second process is refused with a sentence, a killed one is not in the way',
    async () => {
      await expect(openKv(store.url)).rejects.toThrow(/in use by another process/);
      await store.kv.close();
      const { child } = await writer(store.url, 1);
      await expect(openKv(store.url)).rejects.toThrow(/in use by another process/);
      child.kill('SIGKILL');
      await once(child, 'exit');
      store.kv = await openKv(store.url);
    },
    30_000,
  );
}

/** A process that writes for ever; resolves once `count` transactions have been acknowledged. */
async function writer(
  url: string,
  count: number,
): Promise<{ child: ChildProcess; acknowledged: () => number }> {
  const script = fileURLToPath(new URL('./conformance-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let acknowledged = 0;
  const enough = Promise.withResolvers<void>();
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
    acknowledged = Number(line);
    if (acknowledged >= count) enough.resolve();
  });
  child.once('exit', () => enough.reject(new Error('the writer ended by itself')));
  await enough.promise;
  return { child, acknowledged: () => acknowledged };
}
