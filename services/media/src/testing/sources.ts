import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDER = join(tmpdir(), 'ptsdly-media-sources');

/** A file that ffmpeg makes of `args`; made once and kept in the temporary folder. */
export function made(name: string, args: readonly string[]): Buffer {
  return readFileSync(kept(name, args));
}

function kept(name: string, args: readonly string[]): string {
  const key = createHash('sha256').update(args.join('\n')).digest('hex').slice(0, 12);
  const path = join(FOLDER, `${key}-${name}`);
  if (!existsSync(path)) {
    mkdirSync(FOLDER, { recursive: true });
    const draft = join(FOLDER, `${key}-${process.pid}-${name}`);
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, draft], { stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(draft, path);
  }
  return path;
}

/** The path of a file that no program here makes, and that ffmpeg reads; made once, likewise. */
export function written(name: string, make: () => Buffer): string {
  const bytes = make();
  const key = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const path = join(FOLDER, `${key}-${name}`);
  if (!existsSync(path)) {
    mkdirSync(FOLDER, { recursive: true });
    const draft = join(FOLDER, `${key}-${process.pid}-${name}`);
    writeFileSync(draft, bytes);
    renameSync(draft, path);
  }
  return path;
}

const picture = (seconds: number, size = '320x180') => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`],
];
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=frequency=440:r=48000:duration=${seconds}`];
const clicks = (seconds: number) => [
  ...['-f', 'lavfi', '-i'],
  `aevalsrc='0.2*sin(2*PI*997*t)+0.6*lt(mod(t+0.5,1),0.001)':s=48000:d=${seconds}`,
];
const pcm = ['-c:a', 'pcm_s16le'];
const ac3 = ['-c:a', 'ac3', '-b:a', '192k'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '2', '-pix_fmt', 'yuv420p'];
const aac = ['-c:a', 'aac', '-ac', '2'];

/** Files that browsers play only after something was made of them. */
export const sources = {
  'H.264 and AC-3': () => made('ac3.mp4', [...picture(6), ...tone(6), ...h264, '-c:a', 'ac3', '-ac', '2']),
  'H.264 and PCM': () => made('pcm.mov', [...picture(6), ...tone(6), ...h264, '-c:a', 'pcm_s16le']),
  'H.264 and MP3': () =>
    made('mp3.mkv', [...picture(6), ...tone(6), ...h264, '-c:a', 'libmp3lame', '-ac', '2']),
  'clicks every second, as PCM': () => made('clicks.mov', [...picture(31), ...clicks(31), ...h264, ...pcm]),
  'clicks every second, as AC-3': () => made('clicks.mp4', [...picture(31), ...clicks(31), ...h264, ...ac3]),
  'MPEG-2 in a transport stream': () =>
    made('mpeg2.ts', [
      ...[...picture(12), ...tone(12), '-c:v', 'mpeg2video', '-b:v', '2M', '-g', '15', '-bf', '2'],
      ...['-c:a', 'mp2', '-f', 'mpegts'],
    ]),
  'a minute of MPEG-2': () =>
    made('long.ts', [
      ...[...picture(70), ...tone(70), '-c:v', 'mpeg2video', '-b:v', '1M', '-g', '25', '-c:a', 'mp2'],
      ...['-f', 'mpegts'],
    ]),
  'HEVC, 10 bits, PQ': () =>
    made('pq.mp4', [
      ...[...picture(6), ...tone(6), '-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le'],
      ...['-x265-params', 'keyint=25:min-keyint=25:open-gop=0:log-level=error', '-tag:v', 'hvc1'],
      ...['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc', ...aac],
    ]),
  'MPEG-4 and MP3 in AVI': () =>
    made('divx.avi', [
      ...[...picture(8), ...tone(8), '-c:v', 'mpeg4', '-b:v', '1M', '-g', '50', '-bf', '2'],
      ...['-c:a', 'libmp3lame', '-ac', '2'],
    ]),
  'Theora and Vorbis in Ogg': () =>
    made('old.ogv', [...picture(5), ...tone(5), '-c:v', 'libtheora', '-g', '25', '-c:a', 'libvorbis']),
  'MP3 alone': () => made('song.mp3', [...tone(8), '-c:a', 'libmp3lame']),
  'a turned picture with wide pixels, MPEG-4': () => {
    const plain = ['-c:v', 'mpeg4', '-g', '25', '-b:v', '1M', '-vf', 'setsar=4/3', ...aac];
    const path = kept('wide.mp4', [...picture(6), ...tone(6), ...plain]);
    return made('turned.mp4', ['-i', path, '-c', 'copy', '-metadata:s:v', 'rotate=90']);
  },
  'a large picture': () =>
    made('large.mp4', [...picture(7, '960x540'), ...tone(7), ...h264, ...aac, '-b:v', '4M']),
} satisfies Record<string, () => Buffer>;
