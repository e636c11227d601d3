import { encodedAtOnce, frameTimes, likeness } from './frames.ts';
import { eventually, type Rig } from './server.ts';
import { made as madeFile } from './sources.ts';
import { upload } from './tus-calls.ts';
import { Viewer } from './viewer.ts';

const picture = (seconds: number, more = '') => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=192x108:r=25:d=${seconds}${more}`, '-fps_mode', 'passthrough'],
];
const x264 = (group: number, format: string, ...more: string[]) => [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-b_strategy', '0', '-sc_threshold', '0'],
  ...['-g', `${group}`, '-keyint_min', `${group}`, '-pix_fmt', format, '-threads', '1', ...more],
];
/** A frame stays for up to a second and a half, as in a recording of a screen; some come at twice the usual rate. */
const UNEVEN = ",select='lt(mod(n,75),30)+not(mod(n,37))'";

/** Sources whose renditions are cut in every way: those of 10 bits are made for a viewer, segment by segment. */
export const jointSources = {
  'groups of 2 s': () => madeFile('joints.mp4', [...picture(9), ...x264(50, 'yuv420p10le')]),
  'a variable frame rate': () =>
    madeFile('joints-uneven.mp4', [...picture(12, UNEVEN), ...x264(20, 'yuv420p10le')]),
  'a single keyframe': () => madeFile('joints-single.mp4', [...picture(13), ...x264(9999, 'yuv420p10le')]),
  'groups of 12 s that browsers play': () =>
    madeFile('joints-long.mp4', [...picture(40), ...x264(300, 'yuv420p')]),
  'a single keyframe that browsers play': () =>
    madeFile('joints-alone.mp4', [...picture(40), ...x264(9999, 'yuv420p')]),
  'open groups of MPEG-2': () =>
    madeFile('joints.ts', [
      ...[...picture(9), '-c:v', 'mpeg2video', '-b:v', '2M', '-g', '15', '-bf', '2', '-f', 'mpegts'],
    ]),
} satisfies Record<string, () => Buffer>;

/** A frame is like the original, or as like it as in one encode but for so many decibels; its neighbours have half of it. */
const LIKE = 36;
const WORSE = 3;
const ROUNDING = 0.0015;

/**
 * Has a source's rendition made in windows, while a viewer asks for its segments in no order where it can be asked for,
 * and tells in what the joined whole differs from one encode of all: frames lost, doubled or shown at another time.
 */
export async function checkJoints(rig: Rig, original: Buffer): Promise<string[]> {
  const id = await upload(rig, original);
  const play = await eventually(() => rig.client.playOwn({ params: { id } }).catch(() => undefined), 60);
  await askInNoOrder(new Viewer(rig, play));
  const jobs = await eventually(async () => {
    const { items } = await rig.client.listJobs({ params: { id } });
    const isOver = items.length > 0 && items.every(({ state }) => state === 'done' || state === 'failed');
    return isOver && items;
  }, 120);
  const failed = jobs.filter(({ state }) => state === 'failed');
  if (failed.length > 0) return [JSON.stringify(failed)];
  const viewer = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
  const track = viewer.play.tracks.find(({ kind, isOriginal }) => kind === 'video' && !isOriginal);
  if (!track) return ['there is no rendition'];
  const { segments, lines } = await viewer.listing(track.id);
  const pieces = [(await viewer.get(`${track.id}/init.mp4`)).body];
  for (const segment of segments) pieces.push((await viewer.get(segment)).body);
  await rig.client.deleteVideo({ params: { id } });
  const size = { width: track.width ?? 0, height: track.height ?? 0 };
  return differences(Buffer.concat(pieces), original, size, startsOf(lines));
}

/** The last segment first, then from both ends, so that each window has a neighbour of another time. */
async function askInNoOrder(viewer: Viewer): Promise<void> {
  const track = viewer.play.tracks.find(({ kind, isOriginal }) => kind === 'video' && !isOriginal);
  if (!track) return;
  const rest = [...(await viewer.listing(track.id)).segments];
  for (let turn = 0; rest.length > 0; turn++) {
    const segment = (turn % 2 === 0 ? rest.pop() : rest.shift()) as string;
    await eventually(async () => (await viewer.get(segment)).status === 200, 60);
  }
}

/** Seconds at which segments begin, without the first. */
function startsOf(lines: readonly string[]): number[] {
  let at = 0;
  const starts = lines
    .filter((line) => line.startsWith('#EXTINF'))
    .map((line) => (at += Number(line.slice(8, -1))));
  return starts.slice(0, -1);
}

function differences(
  joined: Buffer,
  original: Buffer,
  size: { width: number; height: number },
  starts: number[],
) {
  const faults: string[] = [];
  const [ours, theirs] = [frameTimes(joined), frameTimes(original)];
  if (ours.length !== theirs.length) faults.push(`${ours.length} frames in place of ${theirs.length}`);
  const off = theirs.findIndex((time, i) => Math.abs(time - (ours[i] ?? Infinity)) > ROUNDING);
  if (off >= 0) faults.push(`frame ${off} is shown at ${ours[off]} s in place of ${theirs[off]} s`);
  const once = encodedAtOnce(original, size, starts);
  if (frameTimes(once).length !== ours.length) faults.push('one encode has another count of frames');
  const reference = likeness(once, original, size);
  for (const [i, decibels] of likeness(joined, original, size).entries()) {
    if (decibels < Math.min(LIKE, (reference[i] ?? 0) - WORSE))
      faults.push(`frame ${i}: ${decibels} dB in place of ${reference[i]} dB`);
  }
  if (starts.length === 0) faults.push('there is no joint');
  return faults.slice(0, 5);
}
