import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audioBoundaries, boundariesAt, longestGroup, videoBoundaries } from './boundaries.ts';
import type { Samples } from './media-index.ts';

/** Samples a unit apart, with sync samples where told. */
function samples(count: number, sync: number[] | undefined, size = 1): Samples {
  return {
    count,
    offset: new Float64Array(count),
    size: new Uint32Array(count).fill(size),
    decode: Float64Array.from({ length: count }, (_, i) => i),
    composition: undefined,
    sync: sync && Uint32Array.from(sync),
    end: count,
  };
}
const every = (step: number, count: number) =>
  Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);

describe('video boundaries', () => {
  it('start short, then aim at six seconds', () => {
    const cuts = videoBoundaries(samples(400, every(10, 400)), 10);
    expect([...cuts]).toEqual([0, 20, 40, 80, 140, 200, 260, 320, 380, 400]);
  });

  it('fall on the first sync sample at or after the target, never inside a group', () => {
    expect([...videoBoundaries(samples(400, [0, 15, 35, 210, 390]), 10)]).toEqual([0, 35, 210, 390, 400]);
  });

  it('come sooner when a segment would grow past 16 MB', () => {
    const heavy = samples(400, every(10, 400), 600_000);
    const cuts = videoBoundaries(heavy, 10);
    expect(new Set(cuts.slice(1).map((cut, i) => cut - (cuts[i] ?? 0)))).toEqual(new Set([20]));
  });

  it('depend on nothing that comes later', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 3e6 })), {
      minLength: 3,
    });
    fc.assert(
      fc.property(gaps, (list) => {
        const starts = list.reduce<number[]>((all, [gap]) => all.concat((all.at(-1) ?? 0) + gap), [0]);
        const count = starts.at(-1) ?? 0;
        const whole = samples(count, starts.slice(0, -1));
        for (let i = 0; i < count; i++) whole.size[i] = list[i % list.length]?.[1] ?? 1;
        const half = starts[starts.length >> 1] ?? 0;
        const part = {
          ...whole,
          count: half,
          end: half,
          sync: whole.sync?.filter((sample) => sample < half),
        };
        const early = [...videoBoundaries(part, 10)].slice(0, -1);
        expect([...videoBoundaries(whole, 10)].slice(0, early.length)).toEqual(early);
      }),
      { numRuns: 100 },
    );
  });

  it('can be those of another rendition', () => {
    const rendition = samples(400, [0, 20, 41, 80, 140, 300]);
    expect([...boundariesAt(rendition, 10, [2, 4, 8, 14, 20, 30, 99])]).toEqual([0, 20, 80, 140, 300, 400]);
  });
});

describe('audio boundaries', () => {
  it('fall on the first packet at or after the video boundary', () => {
    expect([...audioBoundaries(samples(100, undefined), 7, { starts: [2, 4.01], end: 14 }, 6)]).toEqual([
      0, 14, 29, 100,
    ]);
  });

  it('go on in steps of the target behind the end of the video', () => {
    expect([...audioBoundaries(samples(300, undefined), 10, { starts: [2, 4], end: 7 }, 6)]).toEqual([
      0, 20, 40, 70, 130, 190, 250, 300,
    ]);
  });

  it('are our own choice without video', () => {
    expect([...audioBoundaries(samples(300, undefined), 10)]).toEqual([0, 20, 40, 80, 140, 200, 260, 300]);
  });

  it('leave no segment empty', () => {
    const late = samples(50, undefined);
    for (let i = 0; i < 50; i++) late.decode[i] = i + 100;
    expect([...audioBoundaries({ ...late, end: 150 }, 10, { starts: [2, 4, 8, 12, 90], end: 99 })]).toEqual([
      0, 20, 50,
    ]);
  });
});

it('the longest group counts up to the end', () => {
  expect(longestGroup(samples(100, [0, 10, 40]), 10)).toBe(6);
  expect(longestGroup(samples(100, undefined), 10)).toBe(0.1);
});
