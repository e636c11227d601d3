import { get as httpGet } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip, probeFrames } from '../testing/fixtures.ts';
import { inContainer } from '../testing/growing-clips.ts';
import { BASE, eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, patchHeaders } from '../testing/tus-calls.ts';
import { openViewer, redeem, type Viewer } from '../testing/viewer.ts';

const SECONDS = 20;

describe.skipIf(!hasFfmpeg)('a file without a table of its samples plays while it uploads', () => {
  let rig: Rig;
  let clip: Buffer;
  const grantFor = (videoId: string) => rig.host.grant({ videoId });
  const video = (id: string) => rig.client.getVideo({ params: { id } });
  const append = (id: string, offset: number, bytes: Uint8Array) =>
    rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(offset), body: bytes });
  const settled = (id: string) =>
    eventually(async () => {
      const now = await video(id);
      return now.upload === 'complete' && now.processing === 'none' && now;
    });
  /** Names and data of the events of a session, as they come. */
  const eventsOf = (viewer: Viewer) => {
    const events: { event: string; data: Record<string, unknown> }[] = [];
    const path = `${BASE}${viewer.url('events').slice(viewer.url('events').indexOf('/s/'))}`;
    const request = httpGet({ socketPath: rig.socketPath, path, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        for (const [, event = '', data = ''] of text.matchAll(/event: (\w+)\ndata: (.*)\n/g)) {
          events.push({ event, data: JSON.parse(data) });
        }
      });
    });
    request.on('error', () => undefined);
    return { events, close: () => request.destroy() };
  };

  beforeAll(async () => {
    rig = await openRig();
    clip = makeClip({ duration: SECONDS });
  });
  afterAll(() => rig?.close());

  it.each(['fragmented.mp4', 'clip.mkv', 'clip.ts'] as const)(
    '%s, to the end without a jump',
    async (name) => {
      const file = inContainer(clip, name);
      const id = await announce(rig, file.length);
      const half = Math.floor(file.length / 2);
      await append(id, 0, file.subarray(0, half));
      await eventually(async () => (await video(id)).playable);
      const early = await video(id);
      expect(early).toMatchObject({ upload: 'receiving', duration: null, width: 320, height: 180 });
      expect(early.playableUntil).toBeGreaterThan(3);
      const viewer = await openViewer(rig, await grantFor(id));
      const news = eventsOf(viewer);
      const before = await viewer.listing();
      expect(before.lines).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
      expect(before.lines).toContain('#EXT-X-TARGETDURATION:12');
      expect(before.ended).toBe(false);
      const seen = new Map<string, Buffer>();
      for (const piece of before.segments) seen.set(piece, (await viewer.get(piece)).body);

      for (let at = half; at < file.length - 10; at += 30_000) {
        await append(id, at, file.subarray(at, Math.min(at + 30_000, file.length - 10)));
      }
      const grown = await eventually(async () => {
        const now = await viewer.listing();
        return now.segments.length > before.segments.length && now;
      });
      expect(grown.lines.slice(0, before.lines.length)).toEqual(before.lines);
      await eventually(() => news.events.some(({ event }) => event === 'grown'));

      await append(id, file.length - 10, file.subarray(file.length - 10));
      expect(await settled(id)).toMatchObject({ playable: true, playableUntil: null, failure: null });
      await eventually(() => news.events.some(({ event }) => event === 'complete'));
      expect(news.events.at(-1)).toEqual({ event: 'complete', data: { continues: true } });
      news.close();
      const last = await viewer.listing();
      expect(last.ended).toBe(true);
      expect(last.lines.slice(0, before.lines.length)).toEqual(before.lines);
      const init = (await viewer.get('v0/init.mp4')).body;
      let frames = 0;
      for (const piece of last.segments) {
        const { status, body } = await viewer.get(piece);
        expect(status).toBe(200);
        if (seen.has(piece)) expect(body.equals(seen.get(piece) as Buffer)).toBe(true);
        const probed = probeFrames(Buffer.concat([init, body]));
        expect(probed.firstIsKey).toBe(true);
        frames += probed.frames;
      }
      expect(frames).toBe(SECONDS * 25);
      const fresh = await openViewer(rig, await grantFor(id));
      expect((await fresh.listing()).lines).toContain('#EXT-X-PLAYLIST-TYPE:VOD');
      expect(fresh.play.duration).toBeCloseTo(SECONDS, 0);
    },
  );

  it('goes on after a restart in the middle, from the bytes that are there', async () => {
    const file = inContainer(clip, 'clip.mkv');
    const id = await announce(rig, file.length);
    await append(id, 0, file.subarray(0, file.length / 2));
    await eventually(async () => (await video(id)).playable);
    const viewer = await openViewer(rig, await grantFor(id));
    const before = await viewer.listing();
    await rig.restart();
    const after = await eventually(async () => {
      const answer = await viewer.get('v0.m3u8');
      return answer.status === 200 && answer.body.toString().trim().split('\n');
    });
    expect(after.slice(0, before.lines.length)).toEqual(before.lines);
    await append(id, file.length / 2, file.subarray(file.length / 2));
    await settled(id);
    expect((await viewer.listing()).ended).toBe(true);
  });

  it('has players begin anew when what comes does not continue what was shown', async () => {
    const uneven = inContainer(makeClip({ duration: 40, group: 500, audio: false }), 'clip.mkv');
    const start = inContainer(makeClip({ duration: 10, audio: false }), 'clip.mkv');
    const joined = Buffer.concat([start, uneven.subarray(uneven.indexOf(Buffer.from('1f43b675', 'hex')))]);
    const id = await announce(rig, joined.length);
    await append(id, 0, start);
    await eventually(async () => (await video(id)).playable);
    const viewer = await openViewer(rig, await grantFor(id));
    const news = eventsOf(viewer);
    expect((await viewer.get('v0/0.m4s')).status).toBe(200);
    await append(id, start.length, joined.subarray(start.length));
    await settled(id);
    await eventually(() => news.events.some(({ event }) => event === 'complete'));
    news.close();
    expect(news.events.at(-1)).toEqual({ event: 'complete', data: { continues: false } });
    expect((await viewer.get('v0.m3u8')).status).toBe(410);
    const fresh = await openViewer(rig, await grantFor(id));
    expect((await fresh.listing()).ended).toBe(true);
  });

  it('waits for the end where nothing can be cut before', async () => {
    const file = inContainer(makeClip({ duration: 30, group: 9999 }), 'clip.mkv');
    const id = await announce(rig, file.length);
    await append(id, 0, file.subarray(0, file.length - 1));
    expect((await redeem(rig, await grantFor(id))).problem().code).toBe('not_playable_yet');
    await append(id, file.length - 1, file.subarray(file.length - 1));
    expect(await settled(id)).toMatchObject({ playable: true });
  });
});
