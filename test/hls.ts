import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

/** Seconds by which a presentation may differ from its original. */
const VIDEO_TOLERANCE = 0.05;

interface Frame {
  readonly time: number;
  readonly key: boolean;
}

/**
 * Plays a presentation as a player does: master, every playlist, every segment; and checks with ffprobe that the
 * picture of each segment decodes after its init segment alone and starts on a keyframe, that segments follow on
 * one timeline, and that they cover the duration of the original.
 */
export async function playThrough(master: URL, originalFile: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ptsdly-play-'));
  try {
    const playlists = uris(await text(master));
    expect(playlists.length).toBeGreaterThan(0);
    for (const uri of playlists) await checkPlaylist(new URL(uri, master), folder, originalFile);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function checkPlaylist(playlist: URL, folder: string, originalFile: string): Promise<void> {
  const lines = await text(playlist);
  const durations = [...lines.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]));
  const init = await bytes(new URL(/#EXT-X-MAP:URI="([^"]+)"/.exec(lines)?.[1] ?? '', playlist));
  const segments = uris(lines).filter((uri) => uri.includes('.m4s'));
  expect(lines).toContain('#EXT-X-ENDLIST');
  expect(segments).toHaveLength(durations.length);
  const total = durations.reduce((sum, duration) => sum + duration, 0);
  expect(Math.abs(total - (await durationOf(originalFile)))).toBeLessThan(0.1);

  let end: number | undefined;
  for (const [n, uri] of segments.entries()) {
    const file = join(folder, 'segment.mp4');
    await writeFile(file, Buffer.concat([init, await bytes(new URL(uri, playlist))]));
    const { frames, isVideo } = await decode(file);
    expect(frames.length, `${uri} decodes`).toBeGreaterThan(0);
    if (!isVideo) continue;
    expect(frames[0]?.key, `${uri} starts on a keyframe`).toBe(true);
    const start = Math.min(...frames.map(({ time }) => time));
    if (end !== undefined) expect(Math.abs(start - end), `${uri} follows`).toBeLessThan(VIDEO_TOLERANCE);
    end = start + (durations[n] ?? 0);
  }
}

async function decode(file: string): Promise<{ frames: Frame[]; isVideo: boolean }> {
  const args = [
    '-v',
    'error',
    '-show_frames',
    '-show_entries',
    'frame=media_type,pts_time,key_frame',
    '-of',
    'json',
  ];
  const { stdout, stderr } = await run('ffprobe', [...args, file], { maxBuffer: 64e6 });
  expect(stderr).toBe('');
  const { frames } = JSON.parse(stdout) as {
    frames: { media_type: string; pts_time: string; key_frame: number }[];
  };
  return {
    frames: frames.map((frame) => ({ time: Number(frame.pts_time), key: frame.key_frame === 1 })),
    isVideo: frames[0]?.media_type === 'video',
  };
}

async function durationOf(file: string): Promise<number> {
  const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
  return Number((await run('ffprobe', args)).stdout);
}

/** Lines that name a resource, and `URI` attributes of media groups. */
function uris(playlist: string): string[] {
  const plain = playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const groups = [...playlist.matchAll(/#EXT-X-MEDIA:.*URI="([^"]+)"/g)].map((match) => match[1] as string);
  return [...plain, ...groups];
}

const text = async (url: URL) => Buffer.from(await bytes(url)).toString('utf8');

async function bytes(url: URL): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status, url.pathname.replace(/\/s\/[^/]+/, '/s/…')).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
