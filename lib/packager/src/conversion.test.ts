import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexSource } from './movie.ts';
import { createPresentation } from './presentation.ts';
import { FileSource } from './testing/file-source.ts';
import { type FixtureName, ffmpeg, ffprobe, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { parseFragment, playlistDurations, type WrittenHls, writeHls } from './testing/hls.ts';

/** Hashes of a stream, frame by frame, without their times. */
async function hashes(path: string, ...options: string[]): Promise<string[]> {
  const input = path.endsWith('.m3u8') ? ['-i', path] : ['-ignore_editlist', '1', '-i', path];
  const { stdout } = await ffmpeg([...input, ...options, '-vsync', 'passthrough', '-f', 'framemd5', '-']);
  const lines = stdout.split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => line.split(',')[5]?.trim() ?? '');
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

describe.skipIf(!hasFfmpeg).each(Object.keys(fixtures) as FixtureName[])('a source with %s', (name) => {
  it('becomes HLS that is the original, frame for frame', { timeout: 60_000 }, async () => {
    const path = await fixtures[name]();
    await using source = await FileSource.open(path);
    const index = await indexSource(source);
    const presentation = createPresentation(index);
    await using hls = await writeHls(source, presentation);

    const { stderr } = await ffmpeg(['-i', hls.master, '-f', 'null', '-']);
    expect(stderr).toBe('');
    if (index.video)
      expect(await hashes(hls.master, '-map', '0:v')).toEqual(await hashes(path, '-map', '0:v'));
    for (const i of index.audio.keys()) {
      const sound = ['-map', `0:a:${i}`, '-c', 'copy'];
      const ours = await hashes(join(hls.folder, `a${i}.m3u8`), '-map', '0:a', '-c', 'copy');
      const original = await hashes(path, ...sound);
      expect(ours).toEqual(original.slice(original.length - ours.length));
    }
  });

  it('has segments that follow one another and begin with a sync sample', { timeout: 60_000 }, async () => {
    await using source = await FileSource.open(await fixtures[name]());
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
    const path = await fixtures[name]();
    await using source = await FileSource.open(path);
    const presentation = createPresentation(await indexSource(source));
    for (const track of presentation.tracks) {
      const durations = playlistDurations(presentation.mediaPlaylist(track.id));
      const sum = durations.reduce((total, duration) => total + duration, 0);
      expect(sum).toBe(Math.round(track.segmentStart(track.segmentCount) * 1e6));
      expect(Math.min(...durations)).toBeGreaterThan(0);
    }
    const probed = (await ffprobe(['-show_entries', 'format=duration', path])) as {
      format: { duration: string };
    };
    const preroll = (await indexSource(source)).preroll;
    expect(Math.abs(presentation.duration - preroll - Number(probed.format.duration))).toBeLessThan(0.06);
  });
});
