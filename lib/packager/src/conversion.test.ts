import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource } from './source.ts';
import { FileSource } from './testing/file-source.ts';
import { ffmpeg, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { writeHls } from './testing/hls.ts';
import { withHole } from './testing/hole.ts';
import { remuxWithMediabunny } from './testing/remux.ts';
import { sources } from './testing/sources.ts';

/** Hashes of a stream, frame by frame, without their times. */
async function hashes(path: string, ...options: string[]): Promise<string[]> {
  const input = /\.(mp4|mov|m4a)$/.test(path) ? ['-ignore_editlist', '1', '-i', path] : ['-i', path];
  const { stdout } = await ffmpeg([...input, ...options, '-vsync', 'passthrough', '-f', 'framemd5', '-']);
  const lines = stdout.split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => line.split(',')[5]?.trim() ?? '');
}

describe.skipIf(!hasFfmpeg)('a file', () => {
  it('cut in the middle is refused, wherever its movie header stands', async () => {
    for (const name of ['moov in front', 'H.264 and AAC, moov at the end'] as const) {
      const bytes = await readFile(await fixtures[name]());
      const half = bytesSource(bytes.subarray(0, bytes.length / 2));
      await expect(indexSource(half)).rejects.toMatchObject({ code: 'truncated' });
    }
  });

  it('of more than 4 GB is indexed by reading its headers only', { timeout: 30_000 }, async () => {
    const bytes = await readFile(await fixtures['H.264 and AAC, moov at the end']());
    const source = withHole(bytes, 5 * 2 ** 30);
    const small = await indexSource(bytesSource(bytes));
    const large = await indexSource(source);
    expect(large.video?.samples.offset[0]).toBe((small.video?.samples.offset[0] ?? 0) + 5 * 2 ** 30);
    expect(source.bytesRead).toBeLessThan(60_000);
    const [ours, theirs] = [createPresentation(large), createPresentation(small)];
    const segment = await readSegment(source, ours.segment('v0', 1));
    expect(segment).toEqual(await readSegment(bytesSource(bytes), theirs.segment('v0', 1)));
  });

  it('fragmented and cut plays as far as it goes', async () => {
    const bytes = await readFile(await sources['fragmented MP4']());
    const whole = await indexSource(bytesSource(bytes));
    const half = await indexSource(bytesSource(bytes.subarray(0, bytes.length / 2)));
    expect(half.duration).toBeGreaterThan(whole.duration / 3);
    expect(half.duration).toBeLessThan(whole.duration / 1.5);
  });

  it('made by another project packages to the same frames', { timeout: 60_000 }, async () => {
    const path = await fixtures['H.264 and AAC, moov at the end']();
    const remuxed = await remuxWithMediabunny(await readFile(path));
    const folder = await mkdtemp(join(tmpdir(), 'ptsdly-remuxed-'));
    await writeFile(join(folder, 'remuxed.mp4'), remuxed);
    await using source = await FileSource.open(join(folder, 'remuxed.mp4'));
    const presentation = createPresentation(await indexSource(source));
    await using hls = await writeHls(source, presentation);
    expect(await hashes(hls.master, '-map', '0:v')).toEqual(await hashes(path, '-map', '0:v'));
    expect(presentation.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio']);
    await rm(folder, { recursive: true });
  });
});
