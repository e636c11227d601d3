import { describe, expect, it } from 'vitest';
import { bitRateOf, ladderLines, rungOf } from './ladder.ts';

const source = (width: number, height: number, bitRate = 50_000_000, frameRate = 30) => ({
  ...{ width, height, bitRate, frameRate },
});

describe('a rung', () => {
  it.each([
    [1920, 1080, 720, 1280, 720],
    [1080, 1920, 720, 720, 1280],
    [3840, 2160, 480, 854, 480],
    [1998, 1080, 480, 888, 480],
    [640, 360, 720, 640, 360],
    [321, 181, 480, 320, 180],
    [1920, 800, 720, 1728, 720],
    [20, 3000, 720, 20, 3000],
    [2, 2, 2160, 2, 2],
  ])('of %ix%i with at most %i lines is %ix%i', (width, height, lines, wide, high) => {
    expect(rungOf(source(width, height), lines)).toMatchObject({ width: wide, height: high });
  });

  it('never enlarges, is even and keeps the shape, whatever the source', () => {
    for (let width = 2; width < 5000; width += 397)
      for (let height = 2; height < 5000; height += 389)
        for (const lines of ladderLines) {
          const rung = rungOf(source(width, height), lines);
          expect([rung.width % 2, rung.height % 2]).toEqual([0, 0]);
          expect(rung.width).toBeLessThanOrEqual(Math.max(2, width));
          expect(rung.height).toBeLessThanOrEqual(Math.max(2, height));
          expect(rung.lines).toBeLessThanOrEqual(lines);
          const scale = rung.height / height;
          expect(Math.abs(rung.width - width * scale)).toBeLessThanOrEqual(2 + (2 * width) / height);
        }
  });

  it('allows no more bits than the picture needs, or the source can fill', () => {
    expect(rungOf(source(1920, 1080), 720).maxBitRate).toBe(bitRateOf(720, 30));
    expect(rungOf(source(1920, 1080, 50_000_000, 60), 720).maxBitRate).toBe(bitRateOf(720, 30) * 1.5);
    expect(rungOf(source(1920, 1080, 600_000), 720).maxBitRate).toBe(1_200_000);
    expect(rungOf(source(1920, 1080, 1000), 720).maxBitRate).toBe(200_000);
    expect(rungOf(source(1920, 1080, 0), 720).maxBitRate).toBe(bitRateOf(720, 30));
  });
});
