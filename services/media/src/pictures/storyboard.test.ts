import { describe, expect, it } from 'vitest';
import { fitWithin } from './picture-sheets.ts';
import { chooseTelling, MAX_CARD_BYTES } from './poster-choice.ts';
import { storyboardLayout, writeStoryboard } from './storyboard.ts';

describe('storyboardLayout', () => {
  it.each([
    [600, 1920, 1080, { width: 240, height: 136, columns: 10, rows: 10, count: 100 }],
    [7200, 1080, 1920, { width: 102, height: 180, columns: 10, rows: 10, count: 200 }],
    [9, 1920, 1080, { width: 240, height: 136, columns: 5, rows: 1, count: 5 }],
    [45, 640, 480, { width: 240, height: 180, columns: 10, rows: 3, count: 23 }],
    [0.5, 100, 50, { width: 100, height: 50, columns: 1, rows: 1, count: 1 }],
  ])('%d s of %d × %d', (duration, width, height, layout) => {
    expect(storyboardLayout({ duration, width, height })).toEqual(layout);
  });
});

describe('fitWithin', () => {
  it('is even, keeps proportions, and enlarges nothing', () => {
    const box = { width: 1280, height: 1280 };
    expect(fitWithin({ width: 3840, height: 2160 }, box)).toEqual({ width: 1280, height: 720 });
    expect(fitWithin({ width: 321, height: 181 }, box)).toEqual({ width: 322, height: 182 });
    expect(fitWithin({ width: 1, height: 9000 }, box)).toEqual({ width: 2, height: 1280 });
  });
});

describe('writeStoryboard', () => {
  it('names a part of a sheet for every moment, without a gap', () => {
    const layout = { width: 240, height: 136, columns: 2, rows: 1 };
    const text = writeStoryboard([0.5, 6, 3661.25], 3662, layout, (n) => `sheet-${n}.jpg?v=1`);
    expect(text).toBe(
      [
        'WEBVTT\n',
        '00:00:00.000 --> 00:00:06.000\nsheet-1.jpg?v=1#xywh=0,0,240,136\n',
        '00:00:06.000 --> 01:01:01.250\nsheet-1.jpg?v=1#xywh=240,0,240,136\n',
        '01:01:01.250 --> 01:01:02.000\nsheet-2.jpg?v=1#xywh=0,0,240,136\n',
      ].join('\n'),
    );
  });
});

describe('chooseTelling', () => {
  const picture = (bytes: number) => Buffer.alloc(bytes);

  it('passes over what is black or blank, and takes the earliest of the rich ones', () => {
    const pictures = [3000, 9000, 80_000, 100_000, 70_000].map(picture);
    expect(chooseTelling(pictures)).toBe(pictures[2]);
    expect(chooseTelling([])).toBeUndefined();
  });

  it('leaves out what no card takes, while there is something else', () => {
    const [heavy, light] = [picture(MAX_CARD_BYTES + 1), picture(50_000)];
    expect(chooseTelling([heavy, light])).toBe(light);
    expect(chooseTelling([heavy])).toBe(heavy);
  });
});
