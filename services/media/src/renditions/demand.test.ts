import { newDatabase } from '@ptsdly/db/testing';
import { silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MediaDatabase, openMediaDatabase } from '../database.ts';
import { Demand, type Shown, wish } from './demand.ts';

const shown: Shown = {
  ...{ session: 'one', video: 'film', lines: 1080, originalLines: 2160, isOriginal: false },
  ...{ playsEverywhere: false, made: [720, 1080], isSlow: false },
};

describe('what would serve a viewer better', () => {
  it.each([
    ['the next larger size, whose browser does not play the original', {}, 1440],
    ['the largest in the end', { lines: 1440, made: [720, 1440] }, 2160],
    ['nothing larger than the original', { originalLines: 1080 }, undefined],
    ['nothing, who plays less than there is', { lines: 720 }, undefined],
    ['nothing, who plays the original', { isOriginal: true, lines: 2160 }, undefined],
    ['nothing, who could play the original', { playsEverywhere: true }, undefined],
    ['a smaller size, on a slow line', { lines: 720, made: [720, 1080], isSlow: true }, 480],
    ['nothing, on a slow line that can still go down', { isSlow: true }, undefined],
    ['a smaller size than an original without any', { isOriginal: true, made: [], isSlow: true }, 720],
    ['nothing smaller than the smallest', { lines: 360, made: [360], isSlow: true }, undefined],
  ] as const)('%s', (_, change, lines) => {
    expect(wish({ ...shown, ...change })).toBe(lines);
  });
});

describe('demand', () => {
  let db: MediaDatabase;
  let planned: [string, number][];
  let fails: boolean;
  beforeEach(async () => {
    db = await openMediaDatabase(newDatabase());
    planned = [];
    fails = false;
  });
  afterEach(() => db.destroy());

  const open = () => {
    const plan = async (video: string, lines: number) => {
      if (fails) throw new Error('not now');
      planned.push([video, lines]);
    };
    const demand = new Demand({ db, plan, log: silentLog });
    const watch = (session: string, segments: number) => {
      for (let n = 0; n < segments; n++) demand.note({ ...shown, session });
      return demand.settled();
    };
    return { demand, watch };
  };

  it('counts sessions, each once it has shown what it wants, and plans once', async () => {
    const { watch } = open();
    await watch('one', 20);
    await watch('two', 3);
    expect(planned).toEqual([]);
    await watch('two', 1);
    await watch('three', 10);
    expect(planned).toEqual([['film', 1440]]);
  });

  it('outlives its process at every count', async () => {
    for (let n = 0; n < 8; n++) {
      expect(planned).toEqual([]);
      await open().watch(n % 2 === 0 ? 'one' : 'two', 1);
    }
    expect(planned).toEqual([['film', 1440]]);
  });

  it('is planned later where that failed, and written down no longer when it was', async () => {
    const { watch } = open();
    fails = true;
    await watch('one', 4);
    await watch('two', 4);
    fails = false;
    await open().watch('two', 1);
    expect(planned).toEqual([['film', 1440]]);
    expect(await db.selectFrom('wishes').selectAll().execute()).toEqual([]);
  });

  it('begins anew with another file', async () => {
    const { demand, watch } = open();
    await watch('one', 4);
    await demand.forget('film');
    await watch('two', 4);
    expect(planned).toEqual([]);
    await watch('one', 4);
    await demand.forget('film');
    await watch('one', 4);
    await watch('two', 4);
    expect(planned).toEqual([
      ['film', 1440],
      ['film', 1440],
    ]);
  });

  it('forgets what too few wanted for a month', async () => {
    const { demand, watch } = open();
    await watch('one', 4);
    await db.updateTable('wishes').set({ seen_at: '2026-01-01T00:00:00.000Z' }).execute();
    await demand.prune();
    await watch('two', 4);
    expect(planned).toEqual([]);
  });
});
