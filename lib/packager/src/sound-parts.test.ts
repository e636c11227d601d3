import { describe, expect, it } from 'vitest';
import type { AudioTrack, MediaIndex } from './media-index.ts';
import { AAC_PACKET, joinSound, placeSound } from './sound-parts.ts';

/** What an encoder makes of so many packets: its priming one stands in front. */
function encoded(packets: number): MediaIndex {
  const count = packets + 1;
  const samples = {
    ...{ count, offset: Float64Array.from({ length: count }, (_, i) => 100 + i * 10) },
    ...{ size: new Uint32Array(count).fill(10), decode: new Float64Array(count) },
    ...{ composition: undefined, sync: undefined, end: packets * AAC_PACKET },
  };
  const track = { kind: 'audio', format: 'mp4a', channels: 2, sampleRate: 48_000, timescale: 48_000 };
  const audio = [{ ...track, config: Uint8Array.of(17, 144), samples } as unknown as AudioTrack];
  return { duration: 1, sourceSize: 1000, container: 'mp4', preroll: 0, audio, skipped: [] };
}

const samplesOf = ({ audio: [track] }: MediaIndex) => track!.samples;

describe('a part of sound', () => {
  it('has no packet but its own, and the first one the priming packet', () => {
    const first = samplesOf(placeSound(encoded(12), { first: 0, count: 10, lead: 0 }));
    expect([...first.decode.slice(0, 3)]).toEqual([0, 0, AAC_PACKET]);
    expect(first.composition?.[0]).toBe(-AAC_PACKET);
    expect([first.count, first.offset[0], first.end]).toEqual([11, 100, 10 * AAC_PACKET]);
    const next = samplesOf(placeSound(encoded(16), { first: 10, count: 10, lead: 4 }));
    expect([next.count, next.offset[0], next.decode[0]]).toEqual([10, 150, 10 * AAC_PACKET]);
  });

  it('joins the one before it without a gap', () => {
    const parts = [
      { index: placeSound(encoded(12), { first: 0, count: 10, lead: 0 }), offset: 0 },
      { index: placeSound(encoded(16), { first: 10, count: 10, lead: 4 }), offset: 1000 },
    ];
    const { count, decode, offset, end } = samplesOf(joinSound(parts));
    expect([count, end]).toEqual([21, 20 * AAC_PACKET]);
    expect([...decode].every((time, i) => time === Math.max(0, i - 1) * AAC_PACKET)).toBe(true);
    expect(offset[11]).toBe(1150);
    expect(() => joinSound(parts.toReversed())).toThrow('overlap');
  });

  it('that is too short is refused', () => {
    expect(() => placeSound(encoded(9), { first: 0, count: 10, lead: 0 })).toThrow('too short');
  });
});
