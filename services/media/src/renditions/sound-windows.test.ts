import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSound, samplesOf } from '../testing/decoding.ts';
import { hasFfmpeg } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';

const HERTZ = 48_000;
/** Half of what is compared around a place, in samples. */
const HALF = 4800;

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** Samples by which `made` is later than `original` around a place: where they are most alike (cross-correlation). */
function lagAt(original: Float32Array, made: Float32Array, place: number): number {
  let best = { lag: Number.NaN, likeness: -Infinity };
  for (let lag = -1500; lag <= 1500; lag++) {
    let likeness = 0;
    for (let i = place - HALF; i < place + HALF; i++) likeness += (original[i] ?? 0) * (made[i + lag] ?? 0);
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best.lag;
}

/** Root mean square of the difference around a place. */
function faultAt(original: Float32Array, made: Float32Array, place: number): number {
  let sum = 0;
  for (let i = place - 512; i < place + 1536; i++) sum += ((original[i] ?? 0) - (made[i] ?? 0)) ** 2;
  return Math.sqrt(sum / 2048);
}

async function play(id: string): Promise<Viewer> {
  return new Viewer(rig, await rig.client.playOwn({ params: { id } }));
}

/** Seconds at which the segments of a playlist begin, but for the first. */
async function seamsOf(viewer: Viewer, track: string): Promise<number[]> {
  const { lines } = await viewer.listing(track);
  const lengths = lines.filter((line) => line.startsWith('#EXTINF')).map((line) => Number(line.slice(8, -1)));
  let at = 0;
  return lengths.slice(0, -1).map((length) => {
    at += length;
    return at;
  });
}

describe.skipIf(!hasFfmpeg)('sound that is converted in windows', () => {
  it.each(['clicks every second, as PCM', 'clicks every second, as AC-3'] as const)(
    '%s: is heard at once, stands where it stood, and its seams are not heard',
    { timeout: 90_000 },
    async (name) => {
      const file = sources[name]();
      const original = samplesOf(file);
      const id = await upload(rig, file);
      const viewer = await eventually(async () => {
        const found = await play(id).catch(() => undefined);
        return found?.play.tracks.some((track) => track.id === 'c0') ? found : undefined;
      });
      const whileMade = await decodeSound(viewer, 'c0');
      const seams = await seamsOf(viewer, 'c0');
      await eventually(async () => {
        const [track] = (await play(id)).play.tracks.filter(({ kind }) => kind === 'audio');
        return track?.isReady;
      }, 60);
      const whole = await decodeSound(await play(id), 'c0');
      expect(await seamsOf(await play(id), 'c0')).toEqual(seams);
      expect(seams.length).toBeGreaterThan(3);
      expect(whole.length).toBe(whileMade.length);
      expect(Math.abs(whole.length / HERTZ - 31)).toBeLessThan(0.05);
      for (const made of [whileMade, whole]) {
        // a click stands at every half second; 25 ms are 1200 samples
        for (const second of [0, 7, 15, 29]) {
          expect(Math.abs(lagAt(original, made, Math.round((second + 0.5) * HERTZ)))).toBeLessThan(48);
        }
        const usual = [3, 9, 13, 21, 27].map((second) => faultAt(original, made, (second + 0.25) * HERTZ));
        const most = Math.max(0.002, ...usual) * 3;
        for (const seam of seams)
          expect(faultAt(original, made, Math.round(seam * HERTZ))).toBeLessThan(most);
      }
    },
  );
});
