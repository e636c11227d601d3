import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, probeFrames } from '../testing/fixtures.ts';
import { LibraryReader } from '../testing/library-reader.ts';
import { openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** Seconds at which a segment says that it begins (`tfdt`, ISO/IEC 14496-12 §8.8.12). */
function startOf(init: Buffer, segment: Buffer): number {
  const timescale = init.readUInt32BE(init.indexOf('mdhd') + 16);
  return Number(segment.readBigUInt64BE(segment.indexOf('tfdt') + 8)) / timescale;
}

describe.skipIf(!hasFfmpeg)('two renditions and their original', () => {
  it('have the same segments, each with the same frames', { timeout: 120_000 }, async () => {
    const reader = await LibraryReader.open(rig);
    const id = await upload(rig, sources['a large picture']());
    const live = await rig.client.playOwn({ params: { id } });
    await rig.client.askRendition({ params: { id }, body: { height: 360 } });
    const events = await rig.open('GET', live.eventsUrl, { open: true });
    let told = '';
    events.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk;
    });
    await reader.until(
      (event) =>
        event.type === 'video' &&
        event.video.jobs.length === 0 &&
        event.video.processing === 'none' &&
        /name":"v480.*name":"v360|name":"v360.*name":"v480/s.test(told),
      60,
    );
    events.destroy();
    const running = reader.events.flatMap((event) => (event.type === 'video' ? event.video.jobs : []));
    expect(running.some(({ state, progress }) => state === 'running' && progress > 0 && progress < 1)).toBe(
      true,
    );
    const viewer = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    const names = ['v0', 'v480', 'v360'];
    const master = (await viewer.get('master.m3u8')).body.toString();
    expect(master.match(/^v\d+\.m3u8$/gm)).toEqual(names.map((name) => `${name}.m3u8`));
    expect(master).toMatch(/RESOLUTION=960x540[\s\S]*RESOLUTION=854x480[\s\S]*RESOLUTION=640x360/);
    expect(master.match(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/g)?.length).toBe(3);
    expect(master.match(/FRAME-RATE=25\.000/g)?.length).toBe(3);
    const tracks = await Promise.all(
      names.map(async (name) => {
        const { lines, segments } = await viewer.listing(name);
        const init = (await viewer.get(`${name}/init.mp4`)).body;
        const bodies = await Promise.all(segments.map(async (one) => (await viewer.get(one)).body));
        const times = lines.filter((line) => line.startsWith('#EXTINF'));
        return { times, init, bodies };
      }),
    );
    const [original, ...others] = tracks;
    if (!original) throw new Error('no original');
    for (const { times, init, bodies } of others) {
      expect(times).toEqual(original.times);
      for (const [n, body] of bodies.entries()) {
        const theirs = original.bodies[n] ?? Buffer.alloc(0);
        expect(startOf(init, body)).toBeCloseTo(startOf(original.init, theirs), 4);
        const [ours, own] = [
          probeFrames(Buffer.concat([init, body])),
          probeFrames(Buffer.concat([original.init, theirs])),
        ];
        expect(ours.frames).toBe(own.frames);
        expect(ours.firstIsKey).toBe(true);
      }
    }
  });

  it("cannot be asked for in a size that enlarges, or of another's video", async () => {
    const id = await upload(rig, sources['H.264 and AC-3']());
    await rig.client.playOwn({ params: { id } });
    const ask = (height: number) => rig.client.askRendition({ params: { id }, body: { height } });
    await expect(ask(720)).rejects.toMatchObject({ code: 'conflict' });
    await expect(ask(100)).rejects.toMatchObject({ code: 'invalid_fields' });
    const none = rig.client.askRendition({ params: { id: 'none' }, body: { height: 480 } });
    await expect(none).rejects.toMatchObject({ code: 'not_found' });
    await rig.client.deleteVideo({ params: { id } });
    await expect(rig.client.listJobs({ params: { id } })).rejects.toMatchObject({ code: 'not_found' });
  });
});
