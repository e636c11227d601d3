import type { MediaIndex } from '@ptsdly/packager';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridOf, nameGrid, nextWindow, type SegmentRange, startOf } from './grid.ts';

/** An index of a picture of 25 frames a second with sync samples at these frames. */
function indexWith(frames: number, sync: readonly number[]): MediaIndex {
  const samples = {
    count: frames,
    offset: Float64Array.from({ length: frames }, (_, i) => i * 1000),
    size: new Uint32Array(frames).fill(1000),
    decode: Float64Array.from({ length: frames }, (_, i) => i),
    composition: undefined,
    sync: Uint32Array.from(sync),
    end: frames,
  };
  const video = { kind: 'video', timescale: 25, samples } as unknown as NonNullable<MediaIndex['video']>;
  const about = { duration: frames / 25, sourceSize: frames * 1000, preroll: 0 };
  return { ...about, container: 'mp4', video, audio: [], skipped: [] };
}

const every = (frames: number, step: number) =>
  Array.from({ length: Math.ceil(frames / step) }, (_, i) => i * step);

describe('the grid', () => {
  it('is that of the original where its groups are short', () => {
    const grid = gridOf(indexWith(1000, every(1000, 50)));
    expect(grid?.starts.slice(0, 4)).toEqual([0, 2, 4, 8]);
    expect(grid?.anchors.every(Boolean)).toBe(true);
    expect(grid?.end).toBe(40);
  });

  it('cuts long groups at frames, as evenly as they allow', () => {
    const grid = gridOf(indexWith(1500, [0, 750]));
    expect(grid?.starts).toEqual([0, 6, 12, 18, 24, 30, 36, 42, 48, 54]);
    expect(grid?.anchors.map(Number)).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('has a name that tells it from others', () => {
    const name = (sync: number[]) => nameGrid(gridOf(indexWith(1000, sync)) as Grid);
    expect(name(every(1000, 50))).toBe(name(every(1000, 50)));
    expect(name(every(1000, 50))).not.toBe(name(every(1000, 75)));
  });

  it('is nothing for sound alone', () => {
    const { video: _, ...rest } = indexWith(10, [0]);
    expect(gridOf(rest)).toBeUndefined();
  });
});

describe('the next window', () => {
  const grid = gridOf(indexWith(5000, every(5000, 50))) as Grid; // 200 s

  it('is half a minute or a little more where nobody waits', () => {
    const { from, to } = nextWindow(grid, []) as SegmentRange;
    expect(from).toBe(0);
    expect(startOf(grid, to)).toBeGreaterThanOrEqual(30);
    expect(startOf(grid, to)).toBeLessThan(60);
  });

  it('is the one segment that a viewer waits for, and grows with what lies ahead', () => {
    expect(nextWindow(grid, [], 20)).toEqual({ from: 20, to: 21 });
    expect(nextWindow(grid, [{ from: 20, to: 21 }], 20)).toEqual({ from: 21, to: 22 });
    const ahead = nextWindow(grid, [{ from: 20, to: 23 }], 20) as SegmentRange;
    expect(ahead.from).toBe(23);
    expect(startOf(grid, ahead.to) - startOf(grid, 23)).toBeGreaterThanOrEqual(18);
  });

  it('is one that is missing elsewhere when all behind the viewer is there', () => {
    const last = grid.starts.length;
    expect(nextWindow(grid, [{ from: 5, to: last }], 10)).toEqual({ from: 0, to: 5 });
    expect(nextWindow(grid, [{ from: 0, to: last }], 10)).toBeUndefined();
  });

  it('makes each segment exactly once, whoever asks for what and whenever', () => {
    const asked = fc.array(fc.option(fc.nat(200), { nil: undefined }), { maxLength: 40 });
    const groups = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(groups, asked, (lengths, wishes) => {
        const sync = [0];
        for (const length of lengths) sync.push((sync.at(-1) ?? 0) + length);
        const some = gridOf(indexWith((sync.at(-1) ?? 0) + 10, sync)) as Grid;
        const times = new Uint8Array(some.starts.length);
        const made: SegmentRange[] = [];
        for (let turn = 0; turn <= times.length; turn++) {
          const next = nextWindow(some, made, wishes[turn]);
          if (!next) break;
          expect(next.to).toBeGreaterThan(next.from);
          for (let n = next.from; n < next.to; n++) times[n] = (times[n] ?? 0) + 1;
          made.push(next);
        }
        expect([...times].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
