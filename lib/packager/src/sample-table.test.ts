import { describe, expect, it } from 'vitest';
import { box, fullBox, uint32 } from './box-writer.ts';
import { indexSource } from './index-source.ts';
import { bytesSource } from './source.ts';
import { aacEntry, audioPlan, buildMovie, esds, videoPlan } from './testing/movie.ts';

async function samplesOf(changes: Parameters<typeof videoPlan>[0]) {
  const { video } = await indexSource(bytesSource(buildMovie([videoPlan(changes)])));
  if (!video) throw new Error('no video');
  return video.samples;
}

describe('sample sizes', () => {
  const sizes = [1, 2, 3, 15, 5];
  it.each([undefined, 4, 8, 16] as const)('in fields of %s bits', async (compactSizes) => {
    const samples = await samplesOf({ sizes, compactSizes, stts: [5, 1], stss: [1] });
    expect([...samples.size]).toEqual(sizes);
  });
});

describe('sample offsets', () => {
  it('add up inside chunks, whatever the width of chunk offsets', async () => {
    const plan = { sizes: [5, 6, 7, 8, 9], stts: [5, 1], stss: [1], perChunk: 2 };
    const samples = await samplesOf(plan);
    expect([...samples.offset]).toEqual([24, 29, 35, 42, 50]);
    expect((await samplesOf({ ...plan, largeOffsets: true })).offset).toEqual(samples.offset);
  });
});

describe('sample times', () => {
  it('go on with the last duration when the table ends early', async () => {
    const samples = await samplesOf({ stts: [50, 2] });
    expect(samples.end).toBe(200);
  });

  it('make every sample a sync sample when there is no table of them', async () => {
    expect((await samplesOf({ stss: undefined })).sync).toBeUndefined();
  });
});

describe('sound descriptions', () => {
  const channelsOf = async (entry: Uint8Array) => {
    const { audio } = await indexSource(bytesSource(buildMovie([audioPlan({ entry })], 'qt  ')));
    return audio.map(({ codec, channels, sampleRate }) => ({ codec, channels, sampleRate }));
  };
  const expected = [{ codec: 'mp4a.40.2', channels: 2, sampleRate: 48_000 }];

  it('of ISO files', async () => expect(await channelsOf(aacEntry())).toEqual(expected));

  it('of QuickTime, version 1, with the configuration inside wave', async () => {
    const wave = box('wave', box('frma', uint32(0x6d703461)), esds(), uint32(8, 0));
    const entry = aacEntry(uint32(1024, 0, 0, 2), wave);
    entry[8 + 9] = 1;
    expect(await channelsOf(entry)).toEqual(expected);
  });

  it('of QuickTime, version 2', async () => {
    const entry = aacEntry(uint32(72, 0x40e77000, 0, 2, 0x7f000000, 0, 0, 0, 1024), esds());
    entry[8 + 9] = 2;
    expect(await channelsOf(entry)).toEqual(expected);
  });

  it('need a configuration', async () => {
    await expect(channelsOf(aacEntry(fullBox('free', 0, 0)))).rejects.toMatchObject({ code: 'corrupt' });
  });
});
