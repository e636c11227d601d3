import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { av1CodecString, vp9CodecString, vp9Level } from './open-codec-string.ts';
import { createPresentation } from './presentation.ts';
import { readDolbyFrame } from './sound-config.ts';
import { bytesSource } from './source.ts';
import { fixture, hasFfmpeg } from './testing/fixtures.ts';
import { initBox } from './testing/hls.ts';
import { sources } from './testing/sources.ts';

describe('codec strings', () => {
  it('of AV1 tell profile, level, tier and depth', () => {
    expect(av1CodecString(Uint8Array.of(0x81, 0x05, 0x0c, 0))).toBe('av01.0.05M.08');
    expect(av1CodecString(Uint8Array.of(0x81, 0x2d, 0xcc, 0))).toBe('av01.1.13H.10');
    expect(av1CodecString(Uint8Array.of(0x81, 0x49, 0x60, 0))).toBe('av01.2.09M.12');
  });

  it('of VP9 tell profile, level and depth, and colours of HDR', () => {
    const config = (...values: number[]) => Uint8Array.of(1, 0, 0, 0, ...values, 0, 0);
    expect(vp9CodecString(config(0, 31, 0x82, 1, 1, 1), 0)).toBe('vp09.00.31.08');
    expect(vp9CodecString(config(0, 0, 0x82, 2, 2, 2), 1920 * 1080)).toBe('vp09.00.41.08');
    expect(vp9CodecString(config(2, 50, 0xa2, 9, 16, 9), 0)).toBe('vp09.02.50.10.01.09.16.09.00');
  });

  it('of VP9 fall back on the size of the picture', () => {
    expect([64 * 64, 1280 * 720, 3840 * 2160, 1e9].map(vp9Level)).toEqual([10, 31, 51, 62]);
  });
});

describe('frames of Dolby sound', () => {
  it('are none where no sync word stands', () => {
    expect(readDolbyFrame(new Uint8Array(20))).toBeUndefined();
    expect(readDolbyFrame(Uint8Array.of(0x0b, 0x77))).toBeUndefined();
  });
});

describe.skipIf(!hasFfmpeg)('our descriptions are those that ffmpeg writes into MP4', () => {
  const entry = async (path: string, track: string, ...box: string[]) => {
    const presentation = createPresentation(await indexSource(bytesSource(await readFile(path))));
    const init = presentation.initSegment(track);
    const stsd = initBox(init, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
    const at = Buffer.from(stsd ?? []).indexOf(box[0] ?? '');
    const size = Buffer.from(stsd ?? []).readUInt32BE(at - 4);
    return Buffer.from(stsd ?? [])
      .subarray(at + 4, at + size - 4)
      .toString('hex');
  };

  it.each([
    ['dac3', 'AC-3 in Matroska', 'a0'],
    ['dac3', 'AC-3 in a transport stream', 'a0'],
    ['dec3', 'E-AC-3 in Matroska', 'a0'],
    ['dOps', 'AV1 and Opus in WebM', 'a0'],
    ['dfLa', 'FLAC in Matroska', 'a0'],
    ['av1C', 'AV1 and Opus in WebM', 'v0'],
    ['avcC', 'H.264 and AAC in a transport stream', 'v0'],
    ['hvcC', 'HEVC in a transport stream', 'v0'],
  ] as const)('%s of %s', async (box, name, track) => {
    const path = await sources[name]();
    const options = { dfLa: ['-strict', '-2'], hvcC: ['-tag:v', 'hvc1'] }[box as string] ?? [];
    const theirs = await fixture('described.mp4', ['-i', path, '-map', '0', '-c', 'copy', ...options]);
    expect(await entry(path, track, box)).toBe(await entry(theirs, track, box));
  });

  it('colours and pixel shape of Matroska come along', async () => {
    const path = await fixture('hdr.mkv', [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30:d=2', '-vf', 'setsar=4/3', '-pix_fmt', 'yuv420p10le'],
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'],
      ...['-color_primaries', 'bt2020', '-color_trc', 'arib-std-b67', '-colorspace', 'bt2020nc'],
    ]);
    const presentation = createPresentation(await indexSource(bytesSource(await readFile(path))));
    expect(presentation.masterPlaylist()).toContain('VIDEO-RANGE=HLG');
    expect(presentation.width).toBe(427);
  });

  it('sound that browsers do not take in MP4 is marked', async () => {
    const audio = async (name: keyof typeof sources) =>
      (await indexSource(bytesSource(await readFile(await sources[name]())))).audio.map(
        ({ browser }) => browser,
      );
    expect(await audio('AC-3 in MP4')).toEqual(['no']);
    expect(await audio('E-AC-3 in Matroska')).toEqual(['no']);
    expect(await audio('AV1 and Opus in MP4')).toEqual(['yes']);
  });
});
