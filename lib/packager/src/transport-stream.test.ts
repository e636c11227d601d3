import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource } from './source.ts';
import { fixture, hasFfmpeg } from './testing/fixtures.ts';
import { sources } from './testing/sources.ts';

const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=3'];
const tone = ['-f', 'lavfi', '-i', 'sine=440:r=48000:d=3'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10'];
const usual = () => sources['H.264 and AAC in a transport stream']();

async function load(file: () => Promise<string>): Promise<Uint8Array> {
  return Uint8Array.from(await readFile(await file()));
}

describe.skipIf(!hasFfmpeg)('a transport stream', () => {
  it('plans its segments as one stretch of whole packets each', async () => {
    const bytes = await load(usual);
    const presentation = createPresentation(await indexSource(bytesSource(bytes)));
    for (const { id, segmentCount } of presentation.tracks) {
      for (let n = 0; n < segmentCount; n++) {
        const { ranges, rewrite } = presentation.segment(id, n);
        expect(ranges).toHaveLength(1);
        expect(bytes[ranges[0]?.offset ?? 0]).toBe(0x47);
        expect((ranges[0]?.length ?? 0) % 188).toBe(0);
        expect(rewrite?.offset.length).toBe(rewrite?.size.length);
      }
    }
  });

  it('lists a segment while uploading only when all its packets are there', async () => {
    const bytes = await load(usual);
    const presentation = createPresentation(await indexSource(bytesSource(bytes)));
    const video = presentation.tracks[0];
    const ends = Array.from({ length: video?.segmentCount ?? 0 }, (_, n) => {
      const range = presentation.segment('v0', n).ranges[0];
      return (range?.offset ?? 0) + (range?.length ?? 0);
    });
    for (const [n, end] of ends.entries()) {
      expect(video?.segmentsWithin(end - 1)).toBe(n);
      expect(video?.segmentsWithin(end)).toBe(n + 1);
    }
  });

  it('that is no longer the one that was indexed is noticed', async () => {
    const bytes = await load(usual);
    const source = bytesSource(bytes);
    const presentation = createPresentation(await indexSource(source));
    const plan = presentation.segment('v0', 1);
    const start = plan.ranges[0]?.offset ?? 0;
    bytes.set(bytes.subarray(0, 188 * 20), start + 188 * 4);
    await expect(readSegment(source, plan)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('whose clock runs over in the middle goes on', async () => {
    const path = await fixture('wrap.ts', [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=6', ...h264],
      ...['-output_ts_offset', String(2 ** 33 / 90_000 - 4)],
    ]);
    const { duration, video } = await indexSource(bytesSource(await readFile(path)));
    expect(duration).toBeCloseTo(6, 1);
    expect(video?.samples.count).toBe(60);
  });

  it('that begins in the middle of a packet, or of a picture, plays from the next', async () => {
    const bytes = await load(usual);
    const whole = await indexSource(bytesSource(bytes));
    const tail = bytes.subarray(188 * 40 + 77);
    const index = await indexSource(bytesSource(tail));
    expect(index.video?.samples.sync?.[0]).toBe(0);
    expect(index.duration).toBeGreaterThan(whole.duration - 2.5);
    const presentation = createPresentation(index);
    await readSegment(bytesSource(tail), presentation.segment('v0', 0));
  });

  it('keeps for decoders what browsers do not play', async () => {
    const args = [...picture, ...tone, '-c:v', 'mpeg2video', '-c:a', 'libmp3lame'];
    const index = await indexSource(bytesSource(await load(() => fixture('old.ts', args))));
    expect(index.video).toMatchObject({ codec: 'mpeg2', format: 'sample-entry', browser: 'no' });
    expect(index.audio).toMatchObject([{ codec: 'mp3', format: 'sample-entry', browser: 'no' }]);
  });
});

describe.skipIf(!hasFfmpeg)('sound of a transport stream', () => {
  const withSound = (name: string, ...codec: string[]) =>
    load(() => fixture(name, [...picture, ...tone, ...h264, '-ac', '2', ...codec, '-f', 'mpegts']));

  it('in LATM is taken out of it, bit by bit', async () => {
    const path = () => fixture('plain.mp4', [...picture, ...tone, ...h264, '-c:a', 'aac', '-ac', '2']);
    const plain = bytesSource(await load(path));
    const wrapped = async (...flags: string[]) =>
      load(async () =>
        fixture(`${flags.length}.ts`, ['-i', await path(), '-c', 'copy', ...flags, '-f', 'mpegts']),
      );
    const latm = bytesSource(await wrapped('-mpegts_flags', 'latm'));
    const packets = async (source: typeof plain) => {
      const index = await indexSource(source);
      const presentation = createPresentation(index);
      const track = presentation.tracks.find(({ kind }) => kind === 'audio');
      const found: Buffer[] = [];
      for (let n = 0; n < (track?.segmentCount ?? 0); n++) {
        const plan = presentation.segment('a0', n);
        found.push(Buffer.from(await readSegment(source, plan)).subarray(plan.header.length));
      }
      return { media: Buffer.concat(found), sound: index.audio[0] };
    };
    const [before, after] = [await packets(plain), await packets(latm)];
    expect(after.sound).toMatchObject({
      codec: 'mp4a.40.2',
      browser: 'yes',
      sampleRate: 48_000,
      channels: 2,
    });
    expect(after.media.length).toBeGreaterThan(5000);
    // the muxer begins with the first packet that is presented, the priming one left out or not
    expect(before.media.includes(after.media) || after.media.includes(before.media)).toBe(true);
  });

  it('in DTS is indexed for a decoder', async () => {
    const index = await indexSource(bytesSource(await withSound('dts.ts', '-c:a', 'dca', '-strict', '-2')));
    expect(index.audio).toMatchObject([{ codec: 'dts', browser: 'no', sampleRate: 48_000, channels: 2 }]);
    expect(index.skipped).toEqual([]);
    const [sound] = index.audio;
    expect(Math.abs((sound?.samples.end ?? 0) / 48_000 - 3)).toBeLessThan(0.05);
  });
});
