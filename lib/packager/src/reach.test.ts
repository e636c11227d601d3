import { expect, test } from 'vitest';
import { indexSource } from './index-source.ts';
import { reachOf } from './reach.ts';
import { bytesSource } from './source.ts';
import { audioPlan, buildMovie, videoPlan } from './testing/movie.ts';

test('reaches as far as all samples of all tracks are there', async () => {
  const movie = buildMovie([videoPlan({ perChunk: 7 }), audioPlan({ perChunk: 3 })]);
  const index = await indexSource(bytesSource(movie));
  const { secondsWithin } = reachOf(index);
  const tracks = [...(index.video ? [index.video] : []), ...index.audio];
  const byHand = (bytes: number) => {
    const missing = tracks.flatMap(({ samples: { count, offset, size, decode }, timescale }) =>
      Array.from({ length: count }, (_, i) =>
        (offset[i] ?? 0) + (size[i] ?? 0) > bytes ? (decode[i] ?? 0) / timescale : Infinity,
      ),
    );
    return Math.max(0, Math.min(index.duration, ...missing));
  };
  const bytes = Array.from({ length: 41 }, (_, i) => Math.round((i * movie.length) / 40));
  const found = bytes.map(secondsWithin);
  expect(found).toEqual(bytes.map(byHand));
  expect(found).toEqual([...found].sort((a, b) => a - b));
  expect([found[0], found.at(-1)]).toEqual([0, index.duration]);
});
