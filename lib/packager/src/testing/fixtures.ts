import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = join(tmpdir(), 'ptsdly-packager-fixtures');

/** Whether the system's ffmpeg and ffprobe can be started; says so once when they cannot. */
export const hasFfmpeg = found();

function found(): boolean {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
    execFileSync('ffprobe', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipped: packager tests on real files need ffmpeg and ffprobe');
    return false;
  }
}

/** Runs ffmpeg; throws on failure; returns what it printed on both streams. */
export async function ffmpeg(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return run('ffmpeg', ['-hide_banner', '-v', 'error', '-nostdin', '-y', ...args], { maxBuffer: 64e6 });
}

export async function ffprobe(args: readonly string[]): Promise<unknown> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', ...args], { maxBuffer: 64e6 });
  return JSON.parse(stdout);
}

/** A file made by ffmpeg from `args`, made once and kept in the temporary folder. */
export async function fixture(name: string, args: readonly string[]): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 12);
  const [base = name, extension = 'mp4'] = name.split('.');
  const path = join(FOLDER, `${base}-${key}.${extension}`);
  if (existsSync(path)) return path;
  await mkdir(FOLDER, { recursive: true });
  const draft = join(
    FOLDER,
    `${base}-${key}-${process.pid}-${Math.random().toString(36).slice(2)}.${extension}`,
  );
  await ffmpeg([...args, draft]);
  await rename(draft, path);
  return path;
}

const picture = (seconds: number, rate = 30) => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=${rate}:d=${seconds}`],
];
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=440:r=48000:d=${seconds}`];
const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1'];
const aac = ['-c:a', 'aac', '-b:a', '64k', '-ac', '2'];
const bFrames = ['-g', '30', '-bf', '3', '-sc_threshold', '0'];

const base = () => fixture('base.mp4', [...picture(12), ...tone(12), ...h264, ...bFrames, ...aac]);

/** Every kind of source that the engine promises to package. */
export const fixtures = {
  'H.264 and AAC, moov at the end': base,
  'moov in front': async () =>
    fixture('front.mp4', ['-i', await base(), '-c', 'copy', '-movflags', '+faststart']),
  'turned by 90 degrees': async () =>
    fixture('turned.mp4', ['-i', await base(), '-c', 'copy', '-metadata:s:v', 'rotate=90']),
  'no sound': () => fixture('silent.mp4', [...picture(8), ...h264, ...bFrames]),
  'variable frame rate': () =>
    fixture('vfr.mp4', [
      ...[...picture(10), ...tone(10), ...h264, ...bFrames, ...aac],
      ...['-vf', "select='not(mod(n,3))+lt(mod(n,60),30)'", '-vsync', 'vfr'],
    ]),
  'HEVC tagged hev1': () =>
    fixture('hev1.mp4', [
      ...[...picture(8), ...tone(8), '-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
      ...['-x265-params', 'keyint=30:min-keyint=30:open-gop=0:log-level=error', '-tag:v', 'hev1', ...aac],
    ]),
  'HEVC with open groups, HDR': () =>
    fixture('opengop.mp4', [
      ...[...picture(8), '-c:v', 'libx265', '-preset', 'veryfast', '-pix_fmt', 'yuv420p10le'],
      ...['-x265-params', 'keyint=30:min-keyint=30:open-gop=1:scenecut=0:log-level=error', '-tag:v', 'hvc1'],
      ...['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
    ]),
  'QuickTime MOV': () => fixture('camera.mov', [...picture(8), ...tone(8), ...h264, ...bFrames, ...aac]),
  'edit that starts inside a group of pictures': async () =>
    fixture('inside.mp4', ['-ss', '3.5', '-i', await base(), '-c', 'copy']),
  'empty edit in front of the video': async () =>
    fixture('late.mp4', [
      ...['-itsoffset', '0.5', '-i', await base(), '-i', await base()],
      ...['-map', '0:v', '-map', '1:a', '-c', 'copy'],
    ]),
  'one long group of pictures': () =>
    fixture('longgop.mp4', [
      ...picture(12),
      ...tone(12),
      ...h264,
      '-g',
      '9999',
      '-sc_threshold',
      '0',
      ...aac,
    ]),
  'no B-frames, two languages': () =>
    fixture('languages.mp4', [
      ...[...picture(6, 25), ...tone(6), ...tone(6), '-map', '0', '-map', '1', '-map', '2', ...h264],
      ...[
        '-g',
        '25',
        '-bf',
        '0',
        ...aac,
        '-metadata:s:a:0',
        'language=kor',
        '-metadata:s:a:1',
        'language=eng',
      ],
    ]),
  'sound longer than the video': () =>
    fixture('longsound.mp4', [...picture(4), ...tone(20), ...h264, ...bFrames, ...aac]),
  'sound only': () => fixture('sound.m4a', [...tone(15), ...aac]),
} satisfies Record<string, () => Promise<string>>;

export type FixtureName = keyof typeof fixtures;
