import type { AudioTrack, MediaIndex, VideoTrack } from '@ptsdly/packager';
import { expect, it } from 'vitest';
import { needs } from './needs.ts';

interface Made {
  readonly lines?: number;
  /** bit/s */
  readonly bitRate?: number;
  readonly browser?: 'yes' | 'maybe' | 'no';
  /** Seconds. */
  readonly group?: number;
  readonly sound?: readonly ('yes' | 'maybe' | 'no')[];
}

/** An index of a minute at 25 frames a second. */
function indexOf({ lines = 1080, bitRate = 3_000_000, browser = 'yes', group = 2, sound = ['yes'] }: Made) {
  const count = 1500;
  const samples = {
    count,
    offset: new Float64Array(count),
    size: new Uint32Array(count).fill(bitRate / 8 / 25),
    decode: Float64Array.from({ length: count }, (_, i) => i),
    composition: undefined,
    sync: Uint32Array.from({ length: Math.ceil(60 / group) }, (_, i) => i * group * 25),
    end: count,
  };
  const size = { width: (lines * 16) / 9, height: lines, pixelAspect: 1, rotation: 0 };
  const video = { kind: 'video', format: 'avc1', timescale: 25, samples, browser, ...size };
  const audio = sound.map((playable) => ({
    ...{ kind: 'audio', format: 'mp4a', timescale: 25, samples: { ...samples, sync: undefined } },
    browser: playable,
  }));
  return {
    ...{ duration: 60, sourceSize: 1, container: 'mp4', preroll: 0, skipped: [] },
    video: video as unknown as VideoTrack,
    audio: audio as unknown as AudioTrack[],
  } satisfies MediaIndex;
}

/** In the order in which they are done. */
const wanted = (made: Made) =>
  needs(indexOf(made))
    .filter(({ kind }) => kind !== 'loudness')
    .map(({ kind, params }) => `${kind} ${params?.height ?? params?.track}`);

it.each<[string, Made, string[]]>([
  ['a light one that all play', { bitRate: 1_500_000 }, []],
  ['one of usual weight', {}, ['rendition 480']],
  ['a heavy one', { bitRate: 6_000_000 }, ['rendition 720']],
  ['a very heavy one', { bitRate: 20_000_000 }, ['rendition 720', 'rendition 1080']],
  ['a heavy one of 720 lines', { lines: 720, bitRate: 6_000_000 }, ['rendition 480']],
  ['a heavy one of 360 lines', { lines: 360, bitRate: 6_000_000 }, ['rendition 360']],
  ['a small light one', { lines: 360, bitRate: 500_000 }, []],
  ['one that some play', { browser: 'maybe' }, ['rendition 720', 'rendition 1080']],
  ['one that none plays', { browser: 'no' }, ['rendition 720', 'rendition 1080']],
  ['a small one that none plays', { browser: 'no', lines: 240 }, ['rendition 240']],
  ['one with long groups of pictures', { group: 15 }, ['rendition 720', 'rendition 1080']],
  ['sound that none plays', { bitRate: 1_500_000, sound: ['no', 'yes', 'no'] }, ['audio 0', 'audio 2']],
])('%s', (_, made, jobs) => {
  expect(wanted(made)).toEqual(jobs);
});

it('asks for sound first, and before all for what nothing plays without', () => {
  const priority = (made: Made, kind: string) =>
    needs(indexOf(made)).find((spec) => spec.kind === kind)?.priority;
  expect(priority({ browser: 'no' }, 'rendition')).toBeLessThan(
    priority({ browser: 'maybe' }, 'rendition') ?? 0,
  );
});
