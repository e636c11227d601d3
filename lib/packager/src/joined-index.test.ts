import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { joinVideo } from './joined-index.ts';
import { createPresentation } from './presentation.ts';
import { createProgressive } from './progressive.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource } from './source.ts';
import { type FixtureName, fixture, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { parseFragment } from './testing/hls.ts';
import { AVC_CONFIG, avcEntry, buildMovie, videoPlan } from './testing/movie.ts';

const encode = [
  '-an',
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-bf',
  '2',
  '-pix_fmt',
  'yuv420p',
  '-threads',
  '1',
];
const closed = ['-x264-params', 'open-gop=0:scenecut=0:keyint=9999', '-forced-idr', '1', '-s', '160x90'];

async function presentationOf(path: string) {
  return createPresentation(await indexSource(bytesSource(await readFile(path))));
}

describe.skipIf(!hasFfmpeg).each<FixtureName>(['H.264 and AAC, moov at the end', 'variable frame rate'])(
  'a rendition of %s',
  (name) => {
    it('has the segments of the original', { timeout: 30_000 }, async () => {
      const original = await fixtures[name]();
      const { boundaries } = await presentationOf(original);
      const times = [
        '-force_key_frames',
        boundaries.join(','),
        '-vsync',
        'passthrough',
        '-enc_time_base',
        '-1',
      ];
      const path = await fixture('rendition.mp4', ['-i', original, ...encode, ...closed, ...times]);
      const index = await indexSource(bytesSource(await readFile(path)));
      const rendition = createPresentation(index, { boundaries });
      expect(rendition.boundaries.length).toBe(boundaries.length);
      for (const [i, time] of rendition.boundaries.entries()) expect(time).toBeCloseTo(boundaries[i] ?? 0, 3);
    });
  },
);

describe.skipIf(!hasFfmpeg)('a rendition made in windows', () => {
  const windows = async () => {
    const original = await fixtures['H.264 and AAC, moov at the end']();
    const pieces: { start: number; bytes: Uint8Array }[] = [];
    for (const [start, end] of [
      [0, 4],
      [4, 8],
      [8, 12],
    ] as const) {
      const cut = ['-ss', `${start}`, '-to', `${end}`, '-i', original];
      const path = await fixture('window.mp4', [
        ...cut,
        ...encode,
        ...closed,
        '-force_key_frames',
        'expr:gte(t,n_forced*2)',
      ]);
      pieces.push({ start, bytes: await readFile(path) });
    }
    return pieces;
  };

  it('is served window by window, and joined, as the same segments', { timeout: 30_000 }, async () => {
    const pieces = await windows();
    const whole = bytesSource(Buffer.concat(pieces.map(({ bytes }) => bytes)));
    let offset = 0;
    const parts = [];
    for (const { start, bytes } of pieces) {
      parts.push({ index: await indexSource(bytesSource(bytes)), start, offset });
      offset += bytes.length;
    }
    const boundaries = [2, 4, 6, 8, 10];
    const joined = createPresentation(joinVideo(parts), { boundaries });
    expect([joined.duration, joined.boundaries]).toEqual([12, boundaries]);
    for (const [i, { start, bytes }] of pieces.entries()) {
      const index = parts[i]?.index;
      if (!index) throw new Error('no index');
      const alone = createPresentation(index, {
        boundaries: boundaries.filter((time) => time > start),
        start,
      });
      expect([alone.tracks[0]?.segmentStart(0), alone.duration]).toEqual([start, start + 4]);
      for (const n of [0, 1]) {
        const ours = await readSegment(bytesSource(bytes), alone.segment('v0', n));
        const theirs = await readSegment(whole, joined.segment('v0', i * 2 + n));
        expect(parseFragment(ours)).toEqual(parseFragment(theirs));
        expect(Buffer.compare(ours.subarray(-1000), theirs.subarray(-1000))).toBe(0);
      }
    }
    expect(createProgressive(joinVideo(parts)).body.length).toBeLessThan(whole.size);
  });
});

describe('pieces', () => {
  const index = (entry?: Uint8Array) => indexSource(bytesSource(buildMovie([videoPlan({ entry })])));

  it('must follow one another', async () => {
    const part = { index: await index(), offset: 0 };
    expect(() =>
      joinVideo([
        { ...part, start: 0 },
        { ...part, start: 5 },
      ]),
    ).toThrow('overlap');
    expect(
      joinVideo([
        { ...part, start: 0 },
        { ...part, start: 10 },
      ]).duration,
    ).toBe(20);
    expect(() => joinVideo([])).toThrow('no pieces');
  });

  it('must be of the same make', async () => {
    const other = avcEntry();
    const at = Buffer.from(other).indexOf(Buffer.from(AVC_CONFIG));
    other[at + 3] = 0x28;
    const parts = [
      { index: await index(), start: 0, offset: 0 },
      { index: await index(other), start: 10, offset: 2000 },
    ];
    expect(() => joinVideo(parts)).toThrow('same settings');
  });
});
