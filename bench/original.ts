import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpeg, fixture } from '@ptsdly/packager/testing';

/** Seconds of picture that are encoded; longer originals repeat them without encoding again. */
const CLIP_S = 10;

/** Noise, because a synthetic picture alone compresses to almost nothing. */
const clip = () =>
  fixture('bench.mp4', [
    ...['-f', 'lavfi', '-i', `testsrc2=s=1920x1080:r=30:d=${CLIP_S},noise=alls=12:allf=t`],
    ...['-f', 'lavfi', '-i', `sine=440:r=48000:d=${CLIP_S}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-g', '60', '-b:v', '5M', '-maxrate', '5M', '-bufsize', '5M', '-c:a', 'aac', '-b:a', '128k'],
  ]);

export interface Original {
  readonly path: string;
  readonly bytes: number;
  /** Of picture and sound. */
  readonly seconds: number;
  remove(): Promise<void>;
}

/**
 * A 1080p H.264 movie of at least as many bytes or seconds, about 5 Mbit/s, its header at the end as cameras write
 * it. It repeats a short clip, so its sample tables are as long as those of a real movie of its length.
 */
export async function makeOriginal(
  folder: string,
  least: { readonly bytes: number } | { readonly seconds: number },
): Promise<Original> {
  const source = await clip();
  const share = 'bytes' in least ? least.bytes / (await stat(source)).size : least.seconds / CLIP_S;
  const repeats = Math.ceil(share);
  const path = join(folder, `original-${repeats}.mp4`);
  await ffmpeg(['-stream_loop', String(repeats - 1), '-i', source, '-c', 'copy', path]);
  const { size } = await stat(path);
  return { path, bytes: size, seconds: repeats * CLIP_S, remove: () => rm(path) };
}
