import { silentLog } from '@ptsdly/kit';
import { describe, expect, it } from 'vitest';
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
  it('counts sessions, each once it has shown what it wants, and plans once', async () => {
    const planned: [string, number][] = [];
    const plan = async (video: string, lines: number) => void planned.push([video, lines]);
    const demand = new Demand({ plan, log: silentLog });
    const watch = (session: string, segments: number) => {
      for (let n = 0; n < segments; n++) demand.note({ ...shown, session });
    };
    watch('one', 20);
    watch('two', 3);
    expect(planned).toEqual([]);
    watch('two', 1);
    watch('three', 10);
    await Promise.resolve();
    expect(planned).toEqual([['film', 1440]]);
  });
});
