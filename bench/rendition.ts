import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fixture } from '@ptsdly/packager/testing';
import { openRig, type Rig } from '../services/media/src/testing/server.ts';
import { upload } from '../services/media/src/testing/tus-calls.ts';
import { Viewer } from '../services/media/src/testing/viewer.ts';
import { Descendants } from './descendants.ts';
import { inFolder } from './folder.ts';
import { type Measurement, median } from './report.ts';

const run = promisify(execFile);
const SECONDS = 60;
const ROUNDS = 2;
/** Ceiling of what is made, in bit/s: that of the ladder. */
const MAX_BIT_RATE = 3_000_000;

const picture = ['-f', 'lavfi', '-i', `testsrc2=s=1920x1080:r=30:d=${SECONDS},noise=alls=8:allf=t`];

/** Plays as it is, so that nothing is made of it unasked. */
const playable = () =>
  fixture('bench-rendition.mp4', [
    ...[...picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
    ...['-pix_fmt', 'yuv420p', '-g', '60', '-b:v', '3M', '-maxrate', '3M', '-bufsize', '3M'],
  ]);

/** Plays in no browser. */
const unplayable = () =>
  fixture('bench-rendition.ts', [
    ...[...picture, '-c:v', 'mpeg2video', '-b:v', '12M', '-g', '15', '-f', 'mpegts'],
  ]);

/** How long a viewer waits for a file that no browser plays, and what windows cost beside one ffmpeg for all. */
export async function rendition(): Promise<Measurement[]> {
  const [source, other] = [await playable(), await unplayable()];
  const firsts: number[] = [];
  const [ours, plain] = [
    { seconds: [] as number[], work: [] as number[] },
    { seconds: [] as number[], work: [] as number[] },
  ];
  using descendants = new Descendants();
  const measure = async (to: typeof ours, work: () => Promise<number>) => {
    const before = await descendants.spent();
    to.seconds.push(await work());
    to.work.push((await descendants.spent()) - before);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const rig = await openRig({ quotaBytes: 5e9 }, { converts: true });
    try {
      firsts.push(await firstWindow(rig, await readFile(other)));
      const ask = await preparedWindows(rig, await readFile(source));
      await measure(ours, ask);
    } finally {
      await rig.close();
    }
    await measure(plain, () => inFolder((folder) => atOnce(source, folder)));
  }
  const about = { rounds: `${ROUNDS}, median`, transcoder: 'sandboxed, one slot, libx264 veryfast' };
  return [
    {
      ...{ case: 'first-window', value: median(firsts), unit: 's' },
      limit: { name: 'target', value: 4 },
      conditions: {
        ...about,
        movie: `${SECONDS} s of 1080p MPEG-2, from its last byte to the first segment`,
      },
    },
    compared('720p-in-windows', [ours.seconds, plain.seconds], 's', about),
    compared('720p-in-windows-processor', [ours.work, plain.work], 'cpu-s', about),
  ];
}

function compared(
  name: string,
  [ours, plain]: readonly [readonly number[], readonly number[]],
  unit: string,
  about: Readonly<Record<string, string>>,
): Measurement {
  return {
    ...{ case: name, value: median(ours), unit },
    limit: { name: 'one ffmpeg for the whole file', value: median(plain) },
    conditions: { ...about, movie: `${SECONDS} s of 1080p30 H.264, joined and kept at the end` },
  };
}

async function firstWindow(rig: Rig, file: Buffer): Promise<number> {
  const id = await upload(rig, file);
  const started = performance.now();
  const play = await until(() => rig.client.playOwn({ params: { id } }).catch(() => undefined));
  const viewer = new Viewer(rig, play);
  const track = play.tracks.find(({ kind }) => kind === 'video')?.id;
  await until(async () => ((await viewer.get(`${track}/0.m4s`)).status === 200 ? true : undefined));
  const seconds = (performance.now() - started) / 1000;
  await rig.client.deleteVideo({ params: { id } });
  return seconds;
}

/** Seconds from the wish to the joined file, measured when nothing else is left to be done. */
async function preparedWindows(rig: Rig, file: Buffer): Promise<() => Promise<number>> {
  const id = await upload(rig, file);
  const params = { id };
  const isDone = async () => {
    const { items } = await rig.client.listJobs({ params });
    return items.length > 0 && items.every(({ state }) => state === 'done') ? true : undefined;
  };
  await until(isDone);
  // to ask again and again would be work beside ffmpeg's
  const { eventsUrl } = await rig.client.playOwn({ params });
  const events = await rig.open('GET', eventsUrl, { open: true });
  return async () => {
    const started = performance.now();
    await rig.client.askRendition({ params, body: { height: 720 } });
    for await (const text of events.setEncoding('utf8'))
      if (/^event: renditions/m.test(text as string)) break;
    return (performance.now() - started) / 1000;
  };
}

/** The same picture, filters and encoder without windows. */
async function atOnce(source: string, folder: string): Promise<number> {
  const started = performance.now();
  const output = join(folder, 'plain.mp4');
  await run('nice', [
    ...['-n', '19', 'ffmpeg', '-v', 'error', '-nostdin', '-threads', '2', '-i', source, '-an'],
    ...['-vf', 'scale=1280:720:flags=bicubic,setsar=1,format=yuv420p', '-c:v', 'libx264'],
    ...['-preset', 'veryfast', '-profile:v', 'high', '-crf', '23', '-maxrate', `${MAX_BIT_RATE}`],
    ...['-bufsize', `${MAX_BIT_RATE * 2}`, '-force_key_frames', 'expr:gte(t,n_forced*6)', '-threads', '2'],
    ...['-x264-params', 'keyint=infinite:min-keyint=1:scenecut=0:open-gop=0', output],
  ]);
  return (performance.now() - started) / 1000;
}

async function until<T>(check: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = performance.now() + 600_000; performance.now() < deadline; ) {
    const found = await check();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it took longer than ten minutes');
}
