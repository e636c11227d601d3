import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { type KeyPictureOptions, keyPictures } from './key-pictures.ts';
import { decoderSources } from './testing/decoder-sources.ts';
import { FileSource } from './testing/file-source.ts';
import { ffmpeg, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { sources } from './testing/sources.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-pictures-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const files = { ...fixtures, ...sources, ...decoderSources };
const shown = [
  'H.264 and AAC, moov at the end',
  'HEVC tagged hev1',
  'HEVC with open groups, HDR',
  'turned by 90 degrees',
  'AV1 and Opus in MP4',
  'VP9 and Opus in WebM',
  'H.264 and AAC in Matroska',
  'H.264 and AAC in a transport stream',
  'HEVC in a transport stream',
  'ProRes and PCM in MOV',
  'VP8 and Vorbis in WebM',
  'MPEG-2 and MP2 in Matroska',
  'MPEG-2 and MP3 in a transport stream',
] as const;

/** The picked pictures written as a file, and their times. */
async function write(path: string, options: KeyPictureOptions) {
  await using source = await FileSource.open(path);
  const pictures = keyPictures(await indexSource(source), options);
  if (!pictures) throw new Error('there are no pictures');
  source.bytesRead = 0;
  const pieces: Uint8Array[] = [];
  for await (const chunk of pictures.chunks(source)) pieces.push(chunk);
  const written = join(folder, `${Math.random()}.${pictures.demuxer === 'mov' ? 'mp4' : 'mkv'}`);
  await writeFile(written, Buffer.concat(pieces));
  return { written, times: pictures.times, bytesRead: source.bytesRead };
}

/** Checksum of each decoded frame, with its time in seconds. */
async function frames(path: string): Promise<{ time: number; md5: string }[]> {
  const { stdout } = await ffmpeg(['-i', path, '-map', '0:v', '-vsync', '0', '-f', 'framemd5', '-']);
  const base = /#tb 0: (\d+)\/(\d+)/.exec(stdout);
  const tick = Number(base?.[1]) / Number(base?.[2]);
  return stdout
    .split('\n')
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(',').map((field) => field.trim()))
    .map((fields) => ({ time: Number(fields[2]) * tick, md5: fields[5] ?? '' }));
}

describe.runIf(hasFfmpeg)('keyPictures', () => {
  it.each(shown)('decode by themselves to the frames of the original: %s', async (name) => {
    const path = await files[name]();
    const { written, times } = await write(path, { count: 5 });
    expect(times.length).toBeGreaterThanOrEqual(4);
    const decoded = await frames(written);
    expect(decoded).toHaveLength(times.length);
    const original = await frames(path);
    const start = original[0]?.time ?? 0;
    for (const [i, time] of times.entries()) {
      const there = original.filter((frame) => Math.abs(frame.time - start - time) < 0.04);
      expect(there.map(({ md5 }) => md5)).toContain(decoded[i]?.md5);
    }
  });

  it('are spread evenly, rise, and are never more than asked for', async () => {
    const path = await files['H.264 and AAC, moov at the end'](); // 12 s, one a second
    expect((await write(path, { count: 4 })).times).toEqual([0, 3, 6, 9]);
    expect((await write(path, { count: 1 })).times).toEqual([0]);
    expect((await write(path, { count: 100 })).times).toHaveLength(12);
    expect((await write(path, { count: 2, from: 3, to: 8 })).times).toEqual([3, 6]);
  });

  it('reads nothing but the pictures', async () => {
    const { bytesRead, times } = await write(await files['H.264 and AAC, moov at the end'](), { count: 3 });
    await using source = await FileSource.open(await files['H.264 and AAC, moov at the end']());
    expect(times).toHaveLength(3);
    expect(bytesRead).toBeLessThan(source.size / 4);
  });

  it.each(['moov in front', 'H.264 and AAC in a transport stream'] as const)(
    'of a part are those that have arrived: %s',
    async (name) => {
      await using source = await FileSource.open(await files[name]());
      const index = await indexSource(source);
      const all = keyPictures(index, { count: 100 })?.times.length ?? 0;
      const half = keyPictures(index, { count: 100, arrived: source.size / 2 })?.times.length ?? 0;
      expect(half).toBeGreaterThan(all * 0.3);
      expect(half).toBeLessThan(all * 0.7);
      expect(keyPictures(index, { count: 100, arrived: 10 })).toBeUndefined();
    },
  );

  it('there are none in sound', async () => {
    await using source = await FileSource.open(await files['sound only']());
    expect(keyPictures(await indexSource(source), { count: 3 })).toBeUndefined();
  });
});
