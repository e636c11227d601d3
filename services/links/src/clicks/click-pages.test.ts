import { type Kv, openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keys } from '../keys.ts';
import { onEachStore } from '../testing/each-store.ts';
import type { ClickCounts } from './click-counts.ts';
import { type ClickPage, ClickPages, Upcoming } from './click-pages.ts';

const idOf = (n: number) => `0192f3a4-5b6c-7d8e-9f00-${String(n).padStart(12, '0')}`;

onEachStore((newUrl) => {
  let kv: Kv;
  let pages: ClickPages;
  const sums = new Map<string, number>();
  beforeEach(async () => {
    sums.clear();
    kv = await openKv(newUrl());
    pages = new ClickPages(kv);
  });
  afterEach(() => kv.close());

  const born = (ids: readonly string[]) =>
    kv.transaction((tx) => {
      for (const id of ids) tx.put(keys.link(id), {});
    });

  /** Adds clicks as the log does; `until` ends it after so many transactions, as a crash would. */
  async function fold(counts: ClickCounts, slot: number, through: number, until = Infinity): Promise<void> {
    const ids = new Upcoming([...counts.keys()].sort().values());
    for (let done = 0; ids.next() !== undefined && done < until; done++) {
      const shares = await pages.share(ids, 100);
      ids.putBack(await kv.transaction((tx) => pages.add(tx, shares, { counts, log: { slot, through } })));
    }
  }

  function clicks(ids: readonly string[]): ClickCounts {
    for (const id of ids) sums.set(id, (sums.get(id) ?? 0) + 1);
    return new Map(ids.map((id) => [id, { redirects: 1, bots: 0 }]));
  }

  async function check(): Promise<void> {
    let bound: string | null = '';
    let links = 0;
    for (const { key, value } of await kv.scan<ClickPage>({ prefix: keys.clickPages, limit: 10_000 })) {
      const [until, , totals] = value;
      expect(key).toBe(keys.clickPage(bound as string)); // no gap between pages, and nothing behind the last
      expect(JSON.stringify(value).length).toBeLessThan(2000);
      for (let at = 0; at < totals.length; at += 3) {
        expect(totals[at + 1]).toBe(sums.get(totals[at] as string));
        links++;
      }
      bound = until;
    }
    expect(bound).toBeNull();
    expect(links).toBe(sums.size);
  }

  test('random folds of several logs, some cut off and done again, come to the same sums as plain addition', async () => {
    const all = Array.from({ length: 1500 }, (_, n) => idOf(n * 7));
    await born(all);
    const random = randomNumbers(7);
    for (let round = 1; round <= 12; round++) {
      const share = round === 1 ? 1 : random();
      const counts = clicks(all.filter(() => random() < share));
      const slot = round % 3;
      if (round % 4 === 0) await fold(counts, slot, round, 2);
      await fold(counts, slot, round);
      await fold(counts, slot, round);
    }
    await check();
    expect(await pages.of(all[700] as string)).toMatchObject({ redirects: sums.get(all[700] as string) });
    expect(await pages.of('unknown')).toMatchObject({ redirects: 0, bots: 0 });
  });

  test('two processes that fold at the same time into the same pages lose nothing', async () => {
    const all = Array.from({ length: 600 }, (_, n) => idOf(n));
    await born(all);
    const other = new ClickPages(kv);
    const both = [pages, other].map(async (own, slot) => {
      const ids = new Upcoming(all.values());
      const counts: ClickCounts = new Map(all.map((id) => [id, { redirects: 1, bots: 0 }]));
      while (ids.next() !== undefined) {
        const shares = await own.share(ids, 50);
        ids.putBack(await kv.transaction((tx) => own.add(tx, shares, { counts, log: { slot, through: 1 } })));
      }
    });
    await Promise.all(both);
    for (const id of all) sums.set(id, 2);
    await check();
  });

  test('a link is changed and forgotten alone', async () => {
    const all = Array.from({ length: 100 }, (_, n) => idOf(n));
    await born(all);
    await fold(clicks(all), 0, 1);
    await pages.change(idOf(50), ({ bots }) => ({ redirects: 9, bots }));
    sums.set(idOf(50), 9);
    await pages.change(idOf(51), () => undefined);
    sums.delete(idOf(51));
    await pages.change('absent', () => undefined);
    await check();
  });
});

/** The same numbers each time (Lehmer, modulus 2^31 - 1). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
