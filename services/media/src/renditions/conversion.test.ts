import type { PlayAnswer } from '@ptsdly/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, probeFrames } from '../testing/fixtures.ts';
import { openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { transcoder: true });
});
afterAll(() => rig.close());

async function play(id: string): Promise<Viewer> {
  return new Viewer(rig, await rig.client.playOwn({ params: { id } }));
}

async function until<T>(check: () => Promise<T | undefined | false>, seconds = 60): Promise<T> {
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline; ) {
    const found = await check();
    if (found !== undefined && found !== false) return found as T;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not happen in time');
}

/** The jobs of a video once none of them waits or runs. */
const settled = (id: string) =>
  until(async () => {
    const { items } = await rig.client.listJobs({ params: { id } });
    const pending = items.some(({ state }) => state === 'queued' || state === 'running');
    return items.length > 0 && !pending && items;
  });

const heard = ({ play: { tracks } }: Viewer) => tracks.filter(({ kind }) => kind === 'audio');
const seen = ({ tracks }: PlayAnswer) => tracks.filter(({ kind }) => kind === 'video');

describe.skipIf(!hasFfmpeg)('sound that browsers do not take', () => {
  it.each(['H.264 and AC-3', 'H.264 and PCM', 'H.264 and MP3'] as const)(
    '%s: the picture plays at once, the sound when it is made',
    { timeout: 90_000 },
    async (name) => {
      const id = await upload(rig, sources[name]());
      const silent = await play(id);
      expect(seen(silent.play)).toMatchObject([{ id: 'v0', isOriginal: true, isReady: true }]);
      if (heard(silent).length === 0) expect(silent.play.pending).toEqual(['audio']);
      expect((await silent.get('v0/0.m4s')).status).toBe(200);
      const jobs = await settled(id);
      const ofSound = jobs.filter(({ kind }) => kind === 'audio' || kind === 'loudness');
      expect(ofSound.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
        'audio done',
        'loudness done',
      ]);
      const viewer = await play(id);
      expect(viewer.play.pending).toEqual([]);
      expect(heard(viewer)).toMatchObject([{ id: 'c0', codec: 'mp4a.40.2', isOriginal: false }]);
      expect(viewer.play.loudness?.integrated).toBeLessThan(0);
      const master = await viewer.get('master.m3u8');
      expect(master.body.toString()).toContain('URI="c0.m3u8"');
      const { segments, ended } = await viewer.listing('c0');
      expect(ended).toBe(true);
      expect(segments.length).toBe((await viewer.listing('v0')).segments.length);
      const init = (await viewer.get('c0/init.mp4')).body;
      for (const segment of segments) expect((await viewer.get(segment)).body.length).toBeGreaterThan(1000);
      expect(init.length).toBeGreaterThan(300);
    },
  );
});

describe.skipIf(!hasFfmpeg)('pictures that no browser plays', () => {
  it('plays window by window while it is made, and is the same when it is joined', {
    timeout: 120_000,
  }, async () => {
    const id = await upload(rig, sources['MPEG-2 in a transport stream']());
    const viewer = await play(id);
    const [track] = seen(viewer.play);
    expect(track).toMatchObject({ isOriginal: false });
    const { segments, lines } = await viewer.listing(track?.id);
    const init = await until(async () => {
      const answer = await viewer.get(`${track?.id}/init.mp4`);
      return answer.status === 200 && answer.body;
    });
    const before: Buffer[] = [];
    for (const segment of segments) {
      const answer = await until(async () => {
        const got = await viewer.get(segment);
        return got.status === 200 && got;
      });
      before.push(answer.body);
    }
    const starts = lines
      .filter((line) => line.startsWith('#EXTINF'))
      .map((line) => Number(line.slice(8, -1)));
    let at = 0;
    // ffprobe takes composition offsets below zero for a delay of all, the same in each segment
    const delay = probeFrames(Buffer.concat([init, before[0] ?? init])).firstAt;
    for (const [i, segment] of before.entries()) {
      const { firstIsKey, firstAt, frames } = probeFrames(Buffer.concat([init, segment]));
      expect(firstIsKey).toBe(true);
      expect(Math.abs(firstAt - delay - at)).toBeLessThan(0.002);
      expect(frames).toBe(Math.round((starts[i] ?? 0) * 25));
      at += starts[i] ?? 0;
    }
    await settled(id);
    const next = await play(id);
    expect(seen(next.play)).toMatchObject([{ id: track?.id, isReady: true }]);
    expect(next.play.pending).toEqual([]);
    for (const [i, segment] of segments.entries()) {
      const after = (await viewer.get(segment)).body;
      expect(after.subarray(-500).equals(before[i]?.subarray(-500) ?? Buffer.alloc(0))).toBe(true);
      expect(after.length).toBe(before[i]?.length);
    }
  });
});
