import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource } from './index-source.ts';
import type { Samples } from './media-index.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource } from './source.ts';
import { parseFragment, playlistDurations } from './testing/hls.ts';
import { audioPlan, buildMovie, type TrackPlan, videoPlan } from './testing/movie.ts';

/** A track in which frames change places inside groups, durations vary and chunks are small. */
const anyVideo = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 40 }),
      duration: fc.integer({ min: 1, max: 300 }),
      late: fc.nat(3),
    }),
    { minLength: 2, maxLength: 120 },
  )
  .chain((frames) =>
    fc.record({
      frames: fc.constant(frames),
      sync: fc.uniqueArray(fc.integer({ min: 2, max: frames.length }), { maxLength: 12 }),
      perChunk: fc.integer({ min: 1, max: 9 }),
      mediaTime: fc.integer({ min: 0, max: 400 }),
    }),
  )
  .map(({ frames, sync, perChunk, mediaTime }): TrackPlan => {
    return videoPlan({
      timescale: 100,
      sizes: frames.map(({ size }) => size),
      stts: frames.flatMap(({ duration }) => [1, duration]),
      ctts: frames.flatMap(({ late }) => [1, late * 40]),
      stss: [1, ...sync.sort((a, b) => a - b)],
      elst: [[0, Math.min(mediaTime, 50), 1]],
      perChunk,
    });
  });

function presentationTimes({ decode, composition }: Samples): number[] {
  return Array.from(decode, (time, i) => time + (composition?.[i] ?? 0));
}

it('any movie gives segments that hold every sample once, in order, without a gap', async () => {
  await fc.assert(
    fc.asyncProperty(anyVideo, async (plan) => {
      const original = buildMovie([plan, audioPlan({ perChunk: 4 })]);
      const source = bytesSource(original);
      const index = decodeIndex(encodeIndex(await indexSource(source)));
      const presentation = createPresentation(index);
      for (const track of presentation.tracks) {
        const samples = track.kind === 'video' ? index.video?.samples : index.audio[0]?.samples;
        if (!samples) throw new Error('no samples');
        const media: Uint8Array[] = [];
        let next = samples.decode[0];
        for (let n = 0; n < track.segmentCount; n++) {
          const bytes = await readSegment(source, presentation.segment(track.id, n));
          const fragment = parseFragment(bytes);
          expect(fragment.decodeTime).toBe(next);
          next = fragment.decodeTime + fragment.duration;
          media.push(bytes.subarray(bytes.length - fragment.mediaBytes));
        }
        expect(next).toBe(samples.end);
        const pieces = Array.from(samples.offset, (at, i) =>
          original.subarray(at, at + (samples.size[i] ?? 0)),
        );
        expect(Buffer.concat(media).equals(Buffer.concat(pieces))).toBe(true);
        const listed = playlistDurations(presentation.mediaPlaylist(track.id)).reduce(
          (sum, time) => sum + time,
          0,
        );
        expect(listed).toBe(Math.round(track.segmentStart(track.segmentCount) * 1e6));
      }
    }),
    { numRuns: 150 },
  );
});

it('any movie keeps the distances between its frames', async () => {
  await fc.assert(
    fc.asyncProperty(anyVideo, async (plan) => {
      const { video } = await indexSource(bytesSource(buildMovie([plan])));
      if (!video) throw new Error('no video');
      const ours = presentationTimes(video.samples);
      let time = 0;
      const theirs = plan.sizes.map((_, i) => {
        const shown = time + (plan.ctts?.[i * 2 + 1] ?? 0);
        time += plan.stts[i * 2 + 1] ?? 0;
        return shown;
      });
      const dropped = theirs.length - ours.length;
      // The first frame may be held from zero; every other keeps its distance to the last.
      for (let i = 1; i < ours.length; i++) {
        expect((ours.at(-1) ?? 0) - (ours[i] ?? 0)).toBe((theirs.at(-1) ?? 0) - (theirs[dropped + i] ?? 0));
      }
      expect(Math.min(...ours)).toBeGreaterThanOrEqual(0);
      expect(video.samples.decode).toEqual(video.samples.decode.slice().sort());
    }),
    { numRuns: 200 },
  );
});
