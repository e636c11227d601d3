import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexSource } from './index-source.ts';
import { createPresentation } from './presentation.ts';
import { readSegment } from './segment-reader.ts';
import { bytesSource } from './source.ts';
import { FileSource } from './testing/file-source.ts';
import { ffmpeg, ffprobe, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { parseFragment, playlistDurations, type WrittenHls, writeHls } from './testing/hls.ts';
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

/** Seconds, by the file's own word or, where it has none, by its packets. */
async function probedDuration(path: string): Promise<number> {
  const { format, packets } = (await ffprobe([
    '-show_entries',
    'format=duration:packet=pts_time,duration_time',
    path,
  ])) as { format: { duration?: string }; packets: { pts_time: string; duration_time?: string }[] };
  if (format.duration) return Number(format.duration);
  const ends = packets.map(({ pts_time, duration_time }) => Number(pts_time) + Number(duration_time ?? 0));
  return Math.max(...ends);
}

async function firstPacketIsKey(hls: WrittenHls, id: string, n: number): Promise<boolean> {
  const path = join(hls.folder, `alone-${id}-${n}.mp4`);
  const init = await import('node:fs/promises').then(({ readFile }) =>
    readFile(join(hls.folder, id, 'init.mp4')),
  );
  await writeFile(path, Buffer.concat([init, hls.segments.get(id)?.[n] ?? new Uint8Array(0)]));
  const probed = (await ffprobe(['-show_packets', '-read_intervals', '%+#1', path])) as {
    packets: { flags: string }[];
  };
  return probed.packets[0]?.flags.startsWith('K') ?? false;
}

const files: Record<string, () => Promise<string>> = { ...fixtures, ...sources };

describe.skipIf(!hasFfmpeg).each(Object.entries(files))('a source with %s', (_, file) => {
  it('becomes HLS that is the original, frame for frame', { timeout: 60_000 }, async () => {
    const path = await file();
    await using source = await FileSource.open(path);
    const index = await indexSource(source);
    const presentation = createPresentation(index);
    await using hls = await writeHls(source, presentation);

    const { stderr } = await ffmpeg(['-i', hls.master, '-f', 'null', '-']);
    expect(stderr).toBe('');
    if (index.video)
      expect(await hashes(hls.master, '-map', '0:v')).toEqual(await hashes(path, '-map', '0:v'));
    for (const i of index.audio.keys()) {
      // AAC in a transport stream has headers in front of its frames, which MP4 keeps elsewhere.
      const headed = index.container === 'ts' && index.audio[i]?.format === 'mp4a';
      const sound = ['-map', `0:a:${i}`, '-c', 'copy', ...(headed ? ['-bsf:a', 'aac_adtstoasc'] : [])];
      const ours = await hashes(join(hls.folder, `a${i}.m3u8`), '-map', '0:a', '-c', 'copy');
      const original = await hashes(path, ...sound);
      expect(original.length - ours.length).toBeLessThan(3);
      expect(ours).toEqual(original.slice(original.length - ours.length));
    }
  });

  it('has segments that follow one another and begin with a sync sample', { timeout: 60_000 }, async () => {
    await using source = await FileSource.open(await file());
    const index = await indexSource(source);
    const presentation = createPresentation(index);
    await using hls = await writeHls(source, presentation);
    for (const { id, kind } of presentation.tracks) {
      const fragments = (hls.segments.get(id) ?? []).map(parseFragment);
      for (const [n, fragment] of fragments.entries()) {
        const before = fragments[n - 1];
        if (before) expect(fragment.decodeTime).toBe(before.decodeTime + before.duration);
        expect(fragment.samples).toBeGreaterThan(0);
        if (kind === 'audio') continue;
        expect(fragment.firstIsSync).toBe(true);
        expect(await firstPacketIsKey(hls, id, n)).toBe(true);
      }
    }
  });

  it('has playlists that last as long as the original', async () => {
    const path = await file();
    await using source = await FileSource.open(path);
    const presentation = createPresentation(await indexSource(source));
    for (const track of presentation.tracks) {
      const durations = playlistDurations(presentation.mediaPlaylist(track.id));
      const sum = durations.reduce((total, duration) => total + duration, 0);
      expect(sum).toBe(Math.round(track.segmentStart(track.segmentCount) * 1e6));
      expect(Math.min(...durations)).toBeGreaterThan(0);
    }
    const preroll = (await indexSource(source)).preroll;
    expect(Math.abs(presentation.duration - preroll - (await probedDuration(path)))).toBeLessThan(0.06);
  });
});

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
