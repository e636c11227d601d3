import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { bytesSource } from './source.ts';
import { audioPlan, buildMovie, type TrackPlan, videoPlan } from './testing/movie.ts';
import { sortNearlySorted } from './timeline.ts';

async function indexOf(...plans: TrackPlan[]) {
  return indexSource(bytesSource(buildMovie(plans)));
}

describe('a video timeline', () => {
  it('is the table itself when there is no edit', async () => {
    const { video, duration, preroll } = await indexOf(videoPlan());
    expect(video?.samples.decode.slice(0, 3)).toEqual(Float64Array.of(0, 1, 2));
    expect(video?.samples.composition).toBeUndefined();
    expect([duration, preroll]).toEqual([10, 0]);
  });

  it('has sorted presentation times as decode times', async () => {
    // I P B B: presented 1 4 2 3 frames late, and the edit takes the first frame to zero.
    const { video } = await indexOf(
      videoPlan({
        sizes: [9, 9, 9, 9],
        stts: [4, 1],
        ctts: [1, 1, 1, 3, 2, 0],
        stss: [1],
        elst: [[400, 1, 1]],
      }),
    );
    expect(video?.samples.decode).toEqual(Float64Array.of(0, 1, 2, 3));
    expect(video?.samples.composition).toEqual(Int32Array.of(0, 2, -1, -1));
    expect(video?.samples.end).toBe(4);
  });

  it('begins later by an empty edit, its first frame held from zero', async () => {
    const { video, duration } = await indexOf(
      videoPlan({
        elst: [
          [2500, -1, 1],
          [10_000, 0, 1],
        ],
      }),
    );
    expect(video?.samples.decode.slice(0, 3)).toEqual(Float64Array.of(0, 26, 27));
    expect(duration).toBe(12.5);
  });

  it('plays from the sync sample before an edit that starts inside a group, and says so', async () => {
    const { video, preroll, audio } = await indexOf(
      videoPlan({ elst: [[6500, 35, 1]] }),
      audioPlan({ elst: [[6500, 3.5 * 48_000, 1]] }),
    );
    expect(preroll).toBe(0.5);
    expect(video?.samples.count).toBe(70);
    expect(video?.samples.decode[0]).toBe(0);
    // Sound from media time 3.0, and one packet before it to prime the decoder.
    expect(audio[0]?.samples.count).toBe(71);
    expect(audio[0]?.samples.decode.slice(0, 3)).toEqual(Float64Array.of(0, 0, 4800));
  });

  it('starts at the first sync sample when the track does not', async () => {
    const { video } = await indexOf(videoPlan({ stss: [11, 21] }));
    expect(video?.samples.count).toBe(90);
    expect(video?.samples.decode.slice(0, 2)).toEqual(Float64Array.of(0, 11));
    expect(video?.samples.sync).toEqual(Uint32Array.of(0, 10));
  });

  it('ends with its edit', async () => {
    const { video, duration } = await indexOf(videoPlan({ elst: [[4000, 0, 1]] }));
    expect(video?.samples.count).toBe(40);
    expect(duration).toBe(4);
  });

  it('goes on to the end when the edit has no length', async () => {
    const { video } = await indexOf(videoPlan({ elst: [[0, 20, 1]] }));
    expect(video?.samples.count).toBe(80);
  });

  it('gives a last sample without duration that of the one before', async () => {
    const { video } = await indexOf(videoPlan({ stts: [99, 3, 1, 0] }));
    expect(video?.samples.end).toBe(300);
  });
});

describe('an audio timeline', () => {
  it('drops packets wholly before zero, but one that primes the decoder', async () => {
    const { audio } = await indexOf(audioPlan({ elst: [[9000, 2.25 * 4800, 1]] }));
    const samples = audio[0]?.samples;
    // Packets 0 and 1 end before 2.25; packet 1 stays to prime, packet 2 straddles zero.
    expect(samples?.decode.slice(0, 3)).toEqual(Float64Array.of(0, 0, 0.75 * 4800));
    expect(samples?.composition?.slice(0, 3)).toEqual(Int32Array.of(-1.25 * 4800, -0.25 * 4800, 0));
  });
});

describe('sorting', () => {
  it('is right for any disorder, small or total', () => {
    const reversed = Float64Array.from({ length: 5000 }, (_, i) => 5000 - i);
    const expected = reversed.slice().sort();
    expect(sortNearlySorted(reversed)).toEqual(expected);
    expect(sortNearlySorted(Float64Array.of(0, 3, 1, 2, 4))).toEqual(Float64Array.of(0, 1, 2, 3, 4));
  });
});
