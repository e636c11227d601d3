import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) process.stderr.write('skipped: tests of real video, because there is no ffmpeg here\n');

export interface ClipOptions {
  /** Seconds. */
  readonly duration?: number;
  readonly audio?: boolean;
  /** `moov` in front of the media. */
  readonly fastStart?: boolean;
  /** Frames between keyframes, of which there are 25 a second. */
  readonly group?: number;
  /** Seconds at the beginning that are black. */
  readonly blackFor?: number;
  /** False for sound alone. */
  readonly picture?: boolean;
  /** Clockwise degrees. */
  readonly rotation?: 90;
}

/** A real H.264 clip, with a keyframe a second where nothing else is said, made now. */
export function makeClip(options: ClipOptions = {}): Buffer {
  const { duration = 4, audio = true, fastStart = false, group = 25, blackFor = 0 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'clip-'));
  const path = join(folder, 'clip.mp4');
  const run = (args: readonly string[]) =>
    execFileSync('ffmpeg', ['-v', 'error', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const black = blackFor > 0 ? ['-vf', `drawbox=color=black:t=fill:enable='lt(t,${blackFor})'`] : [];
  const front = fastStart ? ['-movflags', '+faststart'] : [];
  try {
    if (options.picture === false) {
      run(['-f', 'lavfi', '-i', `sine=frequency=440:duration=${duration}`, '-c:a', 'aac', path]);
      return readFileSync(path);
    }
    run([
      ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${duration}`],
      ...(audio ? ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${duration}`] : []),
      ...black,
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', String(group)],
      ...['-sc_threshold', '0', '-pix_fmt', 'yuv420p', ...(audio ? ['-c:a', 'aac'] : []), ...front, path],
    ]);
    if (options.rotation) {
      const turned = join(folder, 'turned.mp4');
      const rotate = ['-metadata:s:v', `rotate=${options.rotation}`];
      run(['-i', path, '-c', 'copy', ...rotate, ...front, turned]);
      return readFileSync(turned);
    }
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a whole file decodes to: each of its streams, and how long what was decoded of it plays. */
export function probeStreams(file: Uint8Array): { codec: string; seconds: number }[] {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  const path = join(folder, 'file');
  writeFileSync(path, file);
  try {
    const show = ['-show_entries', 'stream=index,codec_name:packet=stream_index,pts_time,duration_time'];
    const output = execFileSync('ffprobe', ['-v', 'error', ...show, '-of', 'json', path], {
      maxBuffer: 64 * 1024 * 1024,
    });
    execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-i', path, '-f', 'null', '-']);
    const { streams, packets } = JSON.parse(output.toString('utf8')) as {
      streams: { index: number; codec_name: string }[];
      packets: { stream_index: number; pts_time?: string; duration_time?: string }[];
    };
    return streams.map(({ index, codec_name: codec }) => {
      const own = packets.filter((packet) => packet.stream_index === index);
      const ends = own.map((packet) => Number(packet.pts_time ?? 0) + Number(packet.duration_time ?? 0));
      return { codec, seconds: Math.max(...ends) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of video that ffprobe decodes from a stream, and whether its first frame is a keyframe. */
export function probeFrames(stream: Uint8Array): { frames: number; firstIsKey: boolean; firstAt: number } {
  const output = execFileSync(
    'ffprobe',
    [
      '-v',
      'error',
      '-select_streams',
      'v:0',
      '-show_entries',
      'frame=pts_time,key_frame',
      '-of',
      'json',
      '-',
    ],
    { input: stream, maxBuffer: 64 * 1024 * 1024 },
  );
  const { frames } = JSON.parse(output.toString('utf8')) as {
    frames: { pts_time: string; key_frame: number }[];
  };
  const [first] = frames;
  return { frames: frames.length, firstIsKey: first?.key_frame === 1, firstAt: Number(first?.pts_time) };
}
