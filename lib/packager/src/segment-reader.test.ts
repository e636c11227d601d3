import { describe, expect, it } from 'vitest';
import type { SegmentPlan } from './fragment.ts';
import { mergeRanges, readSegment } from './segment-reader.ts';
import { type ByteSource, bytesSource } from './source.ts';

const original = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * 31 + (i >> 9)) & 255);

function plan(...ranges: [offset: number, length: number][]): SegmentPlan {
  const header = Uint8Array.of(1, 2, 3);
  const size = ranges.reduce((sum, [, length]) => sum + length, header.length);
  return {
    header,
    size,
    start: 0,
    duration: 1,
    ranges: ranges.map(([offset, length]) => ({ offset, length })),
  };
}

function expected({ header, ranges }: SegmentPlan): Buffer {
  const pieces = ranges.map(({ offset, length }) => original.subarray(offset, offset + length));
  return Buffer.concat([header, ...pieces]);
}

/** With and without the power to read in place. */
const plain = bytesSource(original);
const inPlace: ByteSource = {
  ...plain,
  readInto: async (offset, target) => target.set(original.subarray(offset, offset + target.length)),
};

describe.each([
  ['a plain source', plain],
  ['a source that reads in place', inPlace],
])('a segment from %s', (_, source) => {
  it.each([
    ['no ranges', plan()],
    ['one range', plan([500, 90_000])],
    ['close ranges', plan([500, 9000], [9600, 50_000], [60_000, 10])],
    ['small ranges far apart', plan([0, 10], [100_000, 10], [900_000, 10])],
    ['ranges out of order', plan([900_000, 10], [100, 5000], [5200, 5000], [0, 7])],
    ['ranges that overlap', plan([100, 500], [300, 500])],
  ])('holds its header and %s', async (_name, wanted) => {
    expect(Buffer.compare(await readSegment(source, wanted), expected(wanted))).toBe(0);
  });
});

describe('reads', () => {
  it('are shared by ranges that lie close together', () => {
    const { ranges } = plan([0, 10], [1000, 10], [500_000, 10], [400_000, 10]);
    expect(mergeRanges(ranges).map(({ offset, length }) => [offset, length])).toEqual([
      [0, 1010],
      [500_000, 10],
      [400_000, 10],
    ]);
  });

  it('that come short are an error', async () => {
    const short: ByteSource = { size: 100, read: async (_, length) => new Uint8Array(length - 1) };
    await expect(readSegment(short, plan([0, 10]))).rejects.toMatchObject({ code: 'truncated' });
  });

  it('of a segment beyond all measure are refused', async () => {
    await expect(readSegment(plain, { ...plan(), size: 2e9 })).rejects.toMatchObject({
      code: 'limits_exceeded',
    });
  });
});
