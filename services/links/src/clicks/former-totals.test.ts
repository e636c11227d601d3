import { Metrics, silentLog } from '@ptsdly/kit';
import { type Kv, openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keys } from '../keys.ts';
import { onEachStore } from '../testing/each-store.ts';
import { Clicks } from './clicks.ts';
import { carryFormerTotals } from './former-totals.ts';

const idOf = (n: number) => `0192f3a4-5b6c-7d8e-9f00-${String(n).padStart(12, '0')}`;

/**
 * What the last version before the pages left of six links (all but `link/`): two were erased, and the fold of entry 3
 * had come behind the first link when the process was killed.
 */
const dump: readonly (readonly [string, unknown])[] = [
  ['click-fold/0', 3],
  ['click-log/0/0000000000000003', [idOf(0), 10, 0, idOf(1), 20, 3, idOf(4), 1, 1]],
  ['click-log/0/0000000000000004', [idOf(0), 100, 0, idOf(5), 0, 9]],
  [`clicks/${idOf(0)}`, [16, 1, 3]],
  [`clicks/${idOf(1)}`, [2, 0, 2]],
  [`clicks/${idOf(2)}`, [0, 0, 2]],
  [`clicks/${idOf(3)}`, [0, 0, 2]],
  [`clicks/${idOf(4)}`, [0, 0]],
  [`clicks/${idOf(5)}`, [0, 0]],
];
/** What that version answers when it is opened again. */
const answers = [
  [116, 1],
  [22, 3],
  [0, 0],
  [0, 0],
  [1, 1],
  [0, 9],
];

onEachStore((newUrl) => {
  let kv: Kv;
  beforeEach(async () => {
    kv = await openKv(newUrl());
  });
  afterEach(() => kv.close());

  const open = () => Clicks.open(kv, silentLog, new Metrics('links'));
  const former = () => kv.scan({ prefix: keys.formerClicks, limit: 10 });
  const totals = async (clicks: Clicks, count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const { redirects, bots } = await clicks.of(idOf(n));
        return [redirects, bots];
      }),
    );

  test('a store of before answers the same totals, and folds what was left to fold once', async () => {
    await kv.transaction((tx) => {
      for (const [key, value] of dump) tx.put(key, value);
      for (let n = 0; n < answers.length; n++) tx.put(keys.link(idOf(n)), {});
    });
    const clicks = await open();
    expect(await totals(clicks, answers.length)).toEqual(answers);
    expect(await former()).toEqual([]);
    clicks.count(idOf(0), false);
    await clicks.settle();
    const grown = [[117, 1], ...answers.slice(1)];
    expect(await totals(clicks, answers.length)).toEqual(grown);
    await clicks.close();
    const again = await open();
    expect(await totals(again, answers.length)).toEqual(grown);
    await again.close();
  });

  test('what breaks off in the middle is carried on, and nothing is counted twice', async () => {
    const links = 900;
    await kv.transaction((tx) => {
      for (let n = 0; n < links; n++) {
        tx.put(keys.link(idOf(n)), {});
        tx.put(keys.formerClick(idOf(n)), [n + 1, 1]);
      }
    });
    let allowed = 1;
    const failing: Kv = Object.create(kv, {
      transaction: {
        value: (work: Parameters<Kv['transaction']>[0]) => {
          if (allowed-- === 0) throw new Error('the power fails');
          return kv.transaction(work);
        },
      },
    }) as Kv;
    for (const name of ['get', 'scan'] as const) {
      Object.defineProperty(failing, name, { value: kv[name].bind(kv) });
    }
    await expect(carryFormerTotals(failing)).rejects.toThrow('the power fails');
    expect(await former()).not.toEqual([]);
    const clicks = await open();
    expect(await totals(clicks, links)).toEqual(Array.from({ length: links }, (_, n) => [n + 1, 1]));
    await clicks.close();
  });
});
