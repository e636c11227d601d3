import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeIndex, encodeIndex } from './index-file.ts';
import { indexSource } from './index-source.ts';
import type { AudioTrack, VideoTrack } from './media-index.ts';
import { createPresentation } from './presentation.ts';
import type { ByteSource } from './source.ts';
import { decoderSources } from './testing/decoder-sources.ts';
import { FileSource } from './testing/file-source.ts';
import { ffmpeg, ffprobe, fixtures, hasFfmpeg } from './testing/fixtures.ts';
import { sources } from './testing/sources.ts';
import { windowFile } from './window-file.ts';

interface Frame {
  /** Milliseconds. */
  readonly time: number;
  readonly hash: string;
}

/** Decoded frames with their times. */
async function frames(path: string, stream: string, ...demuxer: string[]): Promise<Frame[]> {
  const { stdout } = await ffmpeg([
    ...[...demuxer, '-copyts', '-i', path, '-map', stream],
    ...['-fps_mode', 'passthrough', '-enc_time_base', '1:1000', '-f', 'framemd5', '-'],
  ]);
  const lines = stdout.split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => {
    const [, , time = '', , , hash = ''] = line.split(',').map((field) => field.trim());
    return { time: Number(time), hash };
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptsdly-window-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(source: ByteSource, track: VideoTrack | AudioTrack, start: number, end: number) {
  const window = windowFile(track, { start, end });
  const chunks: Uint8Array[] = [];
  for await (const chunk of window.chunks(source)) chunks.push(chunk);
  const path = join(folder, `${Math.random()}.bin`);
  await writeFile(path, Buffer.concat(chunks));
  return { window, path, demuxer: ['-f', window.demuxer] };
}

const files = { ...decoderSources, ...pick(sources), ...pick(fixtures) };

/** Those whose samples are easy for browsers go the same way, for renditions. */
function pick(all: Record<string, () => Promise<string>>) {
  const wanted =
    /open groups|HEVC in Matroska|VP9 and Opus in WebM|AV1 and Opus in MP4|AAC in a transport|turned/;
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.test(name)));
}

describe.skipIf(!hasFfmpeg).each(Object.entries(files))('a window of a source with %s', (_, file) => {
  it('decodes to the pictures of the original at their times', { timeout: 60_000 }, async () => {
    const path = await file();
    await using source = await FileSource.open(path);
    const { video, duration } = decodeIndex(encodeIndex(await indexSource(source)));
    if (!video) throw new Error('needs video');
    const original = await frames(path, '0:v');
    const { sync } = video.samples;
    const at = (i: number) => (video.samples.decode[i] as number) / video.timescale;
    const middle = sync ? (sync[Math.floor(sync.length / 2)] as number) : video.samples.count >> 1;
    const start = at(middle);
    for (const [from, to] of [
      [0, duration],
      [start, start + 0.9],
    ] as const) {
      const { path: file, demuxer, window } = await written(source, video, from, to);
      const decoded = (await frames(file, '0:v', ...demuxer)).filter(({ time }) => time >= from * 1000 - 2);
      const first = original.findIndex(({ hash }) => hash === decoded[0]?.hash);
      const expected = original.slice(first, first + decoded.length);
      expect(decoded.map(({ hash }) => hash)).toEqual(expected.map(({ hash }) => hash));
      expect(decoded.length).toBeGreaterThanOrEqual(Math.min(original.length / 2, 20));
      expect(window.from).toBeLessThanOrEqual(from + 0.001);
      expect(Math.abs((decoded[0]?.time ?? 0) - from * 1000)).toBeLessThan(3);
      const rest = (list: readonly Frame[]) => list.slice(1).map(({ time }) => time - (list[1]?.time ?? 0));
      const gaps = rest(decoded).map((time, i) => Math.abs(time - (rest(expected)[i] ?? 0)));
      expect(Math.max(...gaps)).toBeLessThan(3);
    }
  });

  it('decodes to sound of the right length', { timeout: 60_000 }, async () => {
    await using source = await FileSource.open(await file());
    const [sound] = (await indexSource(source)).audio;
    if (!sound) return;
    const end = sound.samples.end / sound.timescale;
    for (const [from, to] of [
      [0, end],
      [end / 2, end],
    ] as const) {
      const { path, demuxer } = await written(source, sound, from, to);
      const decoded = await frames(path, '0:a', ...demuxer);
      const { streams } = (await ffprobe([...demuxer, '-show_streams', path])) as {
        streams: { channels: number; sample_rate: string }[];
      };
      expect(streams[0]).toMatchObject({ channels: sound.channels, sample_rate: String(sound.sampleRate) });
      expect(decoded[0]?.time).toBeGreaterThan(from * 1000 - 250);
      expect(decoded[0]?.time).toBeLessThan(from * 1000 + 30);
      expect(Math.abs((decoded.at(-1)?.time ?? 0) - to * 1000)).toBeLessThan(120);
    }
  });
});

it.skipIf(!hasFfmpeg)('sound that is counted frame by frame is gathered into packets', async () => {
  await using source = await FileSource.open(await decoderSources['ProRes and PCM in MOV']());
  const [sound] = (await indexSource(source)).audio;
  expect(sound?.samples.count).toBeLessThan(200);
  expect(sound?.samples.end).toBe(4 * 48_000);
  expect(createPresentation(await indexSource(source)).tracks).toEqual([]);
});
