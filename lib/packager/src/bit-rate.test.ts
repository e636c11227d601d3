import { describe, expect, it } from 'vitest';
import { averageBitRate, peakBitRate } from './bit-rate.ts';

const segments = (...list: [bytes: number, duration: number][]) =>
  list.map(([bytes, duration]) => ({ bytes, duration }));

describe('the peak bit rate', () => {
  it('is that of the heaviest run of about a target duration', () => {
    expect(peakBitRate(segments([600, 6], [1200, 6], [600, 6]), 6)).toBe(1600);
  });

  it('leaves out runs shorter than half a target', () => {
    // 1,000 bytes in one second is only a sixth of the target: it counts with its neighbour.
    expect(peakBitRate(segments([600, 6], [1000, 1], [600, 6]), 6)).toBe(Math.ceil((1600 * 8) / 7));
  });

  it('is the average of a list too short for any run', () => {
    expect(peakBitRate(segments([100, 1]), 6)).toBe(800);
    expect(peakBitRate([], 6)).toBe(0);
  });

  it('takes no long over hundreds of thousands of short segments beside a long one', () => {
    const many = Array.from({ length: 300_000 }, () => ({ bytes: 100, duration: 2 }));
    many.push({ bytes: 1, duration: 9e5 });
    const started = performance.now();
    peakBitRate(many, 9e5);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

it('the average bit rate is over all bytes', () => {
  expect(averageBitRate(segments([100, 1], [300, 3]))).toBe(800);
  expect(averageBitRate([])).toBe(0);
});
