import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { createProgressive } from './progressive.ts';
import { bytesSource } from './source.ts';
import { ffmpeg, ffprobe, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { audioPlan, buildMovie, videoPlan } from './testing/movie.ts';
import { sources } from './testing/sources.ts';

async function progressive(original: Uint8Array): Promise<Uint8Array> {
  const { header, body, size } = createProgressive(await indexSource(bytesSource(original)));
  const file = Buffer.concat([header, original.subarray(body.offset, body.offset + body.length)]);
  expect(file.length).toBe(size);
  return file;
}

describe('a progressive file', () => {
  it('indexes to the same presentation as the original', async () => {
    const reordered = videoPlan({ ctts: [1, 1, 1, 3, 2, 0, 96, 1], elst: [[9900, 1, 1]], perChunk: 7 });
    const primed = audioPlan({ elst: [[9900, 4800, 1]], perChunk: 3 });
    const original = buildMovie([reordered, primed]);
    const file = await progressive(original);
    const [ours, theirs] = await Promise.all(
      [file, original].map((bytes) => indexSource(bytesSource(bytes))),
    );
    for (const [i, track] of [ours?.video, ...(ours?.audio ?? [])].entries()) {
      const expected = [theirs?.video, ...(theirs?.audio ?? [])][i];
      expect(track?.samples.decode).toEqual(expected?.samples.decode);
      expect(track?.samples.composition).toEqual(expected?.samples.composition);
      expect(track?.samples.size).toEqual(expected?.samples.size);
      expect(track?.samples.sync).toEqual(expected?.samples.sync);
      const bytes = (source: Uint8Array, at = 0) => source.subarray(at, at + 5);
      expect(bytes(file, track?.samples.offset[8])).toEqual(
        bytes(Buffer.from(original), expected?.samples.offset[8]),
      );
    }
  });
});

const files: Record<string, () => Promise<string>> = { ...fixtures, ...sources };
const names = [
  'H.264 and AAC, moov at the end',
  'turned by 90 degrees',
  'variable frame rate',
  'QuickTime MOV',
  'empty edit in front of the video',
  'sound only',
  'fragmented MP4',
  'H.264 and AAC in Matroska',
  'AC-3 in Matroska',
];

describe.skipIf(!hasFfmpeg)('a transport stream', () => {
  it('is no stretch of a plain MP4', async () => {
    const path = await sources['H.264 and AAC in a transport stream']();
    await expect(progressive(await readFile(path))).rejects.toMatchObject({ code: 'unsupported_container' });
  });
});

describe.skipIf(!hasFfmpeg).each(names)('a progressive file from a source with %s', (name) => {
  it('decodes to the same frames at the same length', { timeout: 30_000 }, async () => {
    const path = (await files[name]?.()) ?? '';
    const copy = join(tmpdir(), `ptsdly-progressive-${process.pid}-${names.indexOf(name)}.mp4`);
    await writeFile(copy, await progressive(await readFile(path)));
    const decoded = async (file: string) => {
      const { stdout, stderr } = await ffmpeg(['-i', file, '-vsync', 'passthrough', '-f', 'framemd5', '-']);
      expect(stderr).toBe('');
      const lines = stdout.split('\n').filter((line) => line && !line.startsWith('#'));
      return lines.map((line) => line.split(',')[5]?.trim()).sort();
    };
    expect(await decoded(copy)).toEqual(await decoded(path));
    const duration = async (file: string) => {
      const probed = (await ffprobe(['-show_entries', 'format=duration', file])) as {
        format: { duration: string };
      };
      return Number(probed.format.duration);
    };
    expect(Math.abs((await duration(copy)) - (await duration(path)))).toBeLessThan(0.06);
    await rm(copy);
  });
});
