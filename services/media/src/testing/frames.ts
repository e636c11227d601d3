import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BUFFER = { maxBuffer: 256 * 1024 * 1024 };

/** Runs `work` with a path to each file, in a temporary folder. */
function withFiles<T>(files: readonly Uint8Array[], work: (...paths: string[]) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'frames-'));
  try {
    const paths = files.map((file, i) => {
      const path = join(folder, `${i}`);
      writeFileSync(path, file);
      return path;
    });
    return work(...paths);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds at which the decoded frames of a file's picture are shown, counted from the first one. */
export function frameTimes(file: Uint8Array): number[] {
  return withFiles([file], (path) => {
    const show = ['-select_streams', 'v:0', '-show_entries', 'frame=best_effort_timestamp_time'];
    const output = execFileSync(
      'ffprobe',
      ['-v', 'error', ...show, '-of', 'csv=p=0', path as string],
      BUFFER,
    );
    const times = output.toString().split('\n').map(Number.parseFloat).filter(Number.isFinite);
    return times.map((time) => time - (times[0] ?? 0));
  });
}

/**
 * How alike two pictures are, frame by frame in order whatever their times: peak signal to noise ratio of the brightness
 * in decibels (ffmpeg's `psnr`). The original is scaled to the size of what was made of it.
 */
export function likeness(made: Uint8Array, original: Uint8Array, { width, height }: Size): number[] {
  return withFiles([made, original], (ours, theirs) => {
    const inOrder = 'settb=1/25,setpts=N';
    const graph = [
      `[0:v:0]${inOrder}[a]`,
      `[1:v:0]scale=${width}:${height}:flags=bicubic,format=yuv420p,${inOrder}[b]`,
      '[a][b]psnr=stats_file=-',
    ].join(';');
    const inputs = ['-i', ours as string, '-i', theirs as string];
    const output = execFileSync(
      'ffmpeg',
      ['-v', 'error', ...inputs, '-filter_complex', graph, '-fps_mode', 'passthrough', '-f', 'null', '-'],
      BUFFER,
    );
    return [...output.toString().matchAll(/psnr_y:(\S+)/g)].map(([, value]) =>
      value === 'inf' ? 100 : Number(value),
    );
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The same picture, filters and encoder as a rendition, in one go, with key frames at the same times (seconds). */
export function encodedAtOnce(original: Uint8Array, { width, height }: Size, keyFrames: readonly number[]) {
  return withFiles([original], (path) =>
    execFileSync(
      'ffmpeg',
      [
        ...['-v', 'error', '-i', path as string, '-map', '0:v:0', '-an', '-fps_mode', 'passthrough'],
        ...['-vf', `scale=${width}:${height}:flags=bicubic,setsar=1,format=yuv420p`, '-c:v', 'libx264'],
        ...['-preset', 'veryfast', '-profile:v', 'high', '-crf', '23', '-enc_time_base', '-1'],
        ...(keyFrames.length > 0
          ? ['-force_key_frames', keyFrames.map((time) => time.toFixed(6)).join()]
          : []),
        ...['-x264-params', 'keyint=infinite:min-keyint=1:scenecut=0:open-gop=0'],
        ...['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', '-'],
      ],
      BUFFER,
    ),
  );
}
