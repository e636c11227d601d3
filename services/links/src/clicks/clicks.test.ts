import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Metrics, silentLog } from '@ptsdly/kit';
import { type Kv, openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keys } from '../keys.ts';
import { leasesEnd, onEachStore } from '../testing/each-store.ts';
import type { ClickCounts } from './click-counts.ts';
import { ClickLog } from './click-log.ts';
import { Clicks } from './clicks.ts';

onEachStore((newUrl) => {
  let url: string;
  let kv: Kv;
  beforeEach(async () => {
    url = newUrl();
    kv = await openKv(url);
  });
  afterEach(() => kv.close());

  /** Processes that share a store drop clicks on links that are not there. */
  const born = (...ids: string[]) => Promise.all(ids.map((id) => kv.put(keys.link(id), {})));

  const open = () => Clicks.open(kv, silentLog, new Metrics('links'));
  const counts = (...entries: [string, number][]): ClickCounts =>
    new Map(entries.map(([id, redirects]) => [id, { redirects, bots: 1 }]));

  test('counts people and robots apart, at once and after closing', async () => {
    await born('link-0', 'link-1', 'link-2', 'link-3', 'link-4');
    const clicks = await open();
    for (let n = 0; n < 2500; n++) clicks.count(`link-${n % 5}`, n % 10 === 0);
    expect(await clicks.of('link-1')).toEqual({ redirects: 500, bots: 0 });
    expect(await clicks.of('link-0')).toEqual({ redirects: 250, bots: 250 });
    clicks.count('link-1', false);
    await clicks.close();
    const again = await open();
    expect(await again.of('link-1')).toEqual({ redirects: 501, bots: 0 });
    expect(await again.of('unknown')).toEqual({ redirects: 0, bots: 0 });
    await again.close();
  });

  test('after 1,000 clicks it does not wait for the second to pass', async () => {
    const clicks = await open();
    for (let n = 0; n < 1000; n++) clicks.count('link', false);
    const [entry] = await waitFor(() => kv.scan<unknown[]>({ prefix: keys.clickEntries(0), limit: 1 }));
    expect(entry?.value).toEqual(['link', 1000, 0]);
    await clicks.close();
  });

  test('what cannot be written waits for the next time', async () => {
    const failing = new Failing(kv);
    await born('link');
    const clicks = await Clicks.open(failing.kv, silentLog, new Metrics('links'));
    failing.after(0);
    clicks.count('link', false);
    await clicks.flush();
    clicks.count('link', false);
    failing.after(Infinity);
    expect(await clicks.of('link')).toEqual({ redirects: 2, bots: 0 });
    await clicks.close();
  });

  test('folding changes no sum, empties the log, and goes on from there', async () => {
    await born('a', ...Array.from({ length: 30 }, (_, n) => `b${n + 1}`));
    const log = await ClickLog.open(kv);
    for (let n = 1; n <= 30; n++) await log.append(counts(['a', n], [`b${n}`, 1]));
    const before = await log.of('a');
    expect(before).toEqual({ redirects: 465, bots: 30 });
    await log.foldAll();
    expect(await log.of('a')).toEqual(before);
    expect(await kv.scan({ prefix: keys.clickEntries(0), limit: 1 })).toEqual([]);
    await log.append(counts(['a', 1]));
    expect(await log.of('a')).toEqual({ redirects: 466, bots: 31 });
    const again = await ClickLog.open(kv);
    expect(await again.of('a')).toEqual({ redirects: 466, bots: 31 });
    await again.foldAll();
    expect(await again.of('a')).toEqual({ redirects: 466, bots: 31 });
  });

  test('one flush of many links is several entries, none larger than half a page of the store', async () => {
    const ids = Array.from(
      { length: 1000 },
      (_, n) => `0192f3a4-5b6c-7d8e-9f00-${String(n).padStart(12, '0')}`,
    );
    await born(...ids);
    const log = await ClickLog.open(kv);
    await log.append(counts(...ids.map((id): [string, number] => [id, 60_000])));
    const entries = await kv.scan({ prefix: keys.clickEntries(0), limit: 1000 });
    expect(entries.length).toBeGreaterThan(20);
    for (const { value } of entries) expect(JSON.stringify(value).length).toBeLessThan(2000);
    const again = await ClickLog.open(kv);
    for (const id of ids) expect(await again.of(id)).toEqual({ redirects: 60_000, bots: 1 });
  });

  test('sums stay right at every moment of a fold, with clicks coming in', async () => {
    await born(...Array.from({ length: 3000 }, (_, n) => `id${n}`));
    const log = await ClickLog.open(kv);
    await log.append(new Map(Array.from({ length: 3000 }, (_, n) => [`id${n}`, { redirects: 1, bots: 0 }])));
    const folding = log.foldAll();
    for (let n = 2; n < 12; n++) {
      await log.append(counts(['id2999', 1]));
      expect((await log.of('id2999')).redirects).toBe(n);
    }
    await folding;
    expect((await log.of('id2999')).redirects).toBe(11);
  });

  test('a fold that was cut off anywhere is finished without counting twice', async () => {
    await born(...Array.from({ length: 1000 }, (_, n) => `id${n}`));
    const log = await ClickLog.open(kv);
    await log.append(new Map(Array.from({ length: 1000 }, (_, n) => [`id${n}`, { redirects: 1, bots: 0 }])));
    await log.append(counts(['id0', 5], ['id999', 5]));
    await log.close();
    for (let cut = 0; cut <= 9; cut++) {
      const failing = new Failing(kv);
      const one = await ClickLog.open(failing.kv);
      failing.after(cut);
      await one.foldAll().catch(() => undefined);
      await leasesEnd(kv);
      const after = await ClickLog.open(kv);
      expect((await after.of('id0')).redirects).toBe(6);
      expect((await after.of('id500')).redirects).toBe(1);
      expect((await after.of('id999')).redirects).toBe(6);
      await after.close();
    }
  });

  test('kill -9 loses at most the stated clicks, and invents none', async () => {
    await kv.close();
    const script = fileURLToPath(new URL('../testing/clicks-counter.ts', import.meta.url));
    const child = spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] });
    let counted = 0;
    const enough = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      counted = Number(line);
      if (counted >= 6000) enough.resolve();
    });
    await enough.promise;
    child.kill('SIGKILL');
    await once(child, 'exit');
    kv = await openKv(url);
    const { redirects } = await (await ClickLog.open(kv)).of('link');
    // Up to 1,000 wait for a flush, and about as many at most come while one is under way.
    expect(redirects).toBeGreaterThanOrEqual(counted - 2000);
    expect(redirects).toBeLessThanOrEqual(counted + 10);
  }, 30_000);
});

/** A store that is lost after some writes, as by a crash. */
class Failing {
  readonly kv: Kv;
  #left = Infinity;

  constructor(kv: Kv) {
    const guard = <A extends unknown[], R>(write: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        if (this.#left-- <= 0) throw new Error('gone');
        return write(...args);
      };
    };
    const whole = bound(kv);
    this.kv = { ...whole, put: guard(whole.put), transaction: guard(whole.transaction) as Kv['transaction'] };
  }

  after(writes: number): void {
    this.#left = writes;
  }
}

const bound = (kv: Kv): Kv => ({
  shared: kv.shared,
  get: (key) => kv.get(key),
  insert: (key, value) => kv.insert(key, value),
  put: (key, value) => kv.put(key, value),
  remove: (key) => kv.remove(key),
  scan: (range) => kv.scan(range),
  transaction: (work) => kv.transaction(work),
  close: () => kv.close(),
});

async function waitFor<T>(read: () => Promise<T[]>): Promise<T[]> {
  for (;;) {
    const found = await read();
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
