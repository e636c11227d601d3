import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { bytesSource, createPresentation, indexSource, type Presentation } from '@ptsdly/packager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moovOf } from '../testing/boxes.ts';
import { hasFfmpeg, makeClip, probeFrames } from '../testing/fixtures.ts';
import { BASE, eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, patchHeaders, upload } from '../testing/tus-calls.ts';
import { openViewer, redeem, type Viewer } from '../testing/viewer.ts';

const SECONDS = 20;

describe.skipIf(!hasFfmpeg)('a video plays while it uploads', () => {
  let rig: Rig;
  let front: Buffer;
  let behind: Buffer;
  const grantFor = (videoId: string, claims = {}) => rig.host.grant({ videoId, ...claims });
  const video = (id: string) => rig.client.getVideo({ params: { id } });
  const append = (id: string, offset: number, bytes: Uint8Array, headers = {}) =>
    rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(offset, headers), body: bytes });
  const sendMoov = (id: string, body: Uint8Array) => rig.call('PUT', `/uploads/${id}/moov`, { body });
  const settled = (id: string) =>
    eventually(async () => {
      const now = await video(id);
      return now.upload === 'complete' && now.processing === 'none' && now;
    });

  beforeAll(async () => {
    rig = await openRig();
    front = makeClip({ duration: SECONDS, fastStart: true });
    behind = makeClip({ duration: SECONDS });
  });
  afterAll(() => rig?.close());

  describe.each(['in front', 'at the end, sent ahead'])('with its movie header %s', (place) => {
    let file: Buffer;
    let reference: Presentation;
    let id: string;
    let viewer: Viewer;
    const seen = new Map<string, Buffer>();

    /** Everything that is listed can be had and decodes; what is not listed cannot. */
    const watch = async (arrived: number) => {
      for (const track of ['v0', 'a0']) {
        const { segments } = await viewer.listing(track);
        const expected = reference.tracks.find((one) => one.id === track)?.segmentsWithin(arrived) ?? 0;
        expect(segments).toHaveLength(expected);
        for (const piece of segments) {
          if (seen.has(piece)) continue;
          const answer = await viewer.get(piece);
          expect([piece, answer.status]).toEqual([piece, 200]);
          seen.set(piece, answer.body);
        }
        const next = await viewer.get(`${track}/${segments.length}.m4s`);
        expect([next.status, next.problem().code]).toEqual([404, 'not_found']);
      }
    };

    beforeAll(async () => {
      file = place === 'in front' ? front : behind;
      reference = createPresentation(await indexSource(bytesSource(file)));
      id = await announce(rig, file.length);
      if (place !== 'in front') expect((await sendMoov(id, moovOf(file).moov)).status).toBe(204);
    });

    it('lets a friend in as soon as one segment of every track is there, and on to the end without a jump', async () => {
      const grant = await grantFor(id);
      const early = await redeem(rig, grant);
      expect([early.status, early.problem().code]).toEqual([409, 'not_playable_yet']);
      expect(early.headers['retry-after']).toBe('1');
      let before: readonly string[] = [];
      let until = 0;
      const step = Math.ceil(file.length / 17);
      for (let at = 0; at < file.length; at += step) {
        const arrived = Math.min(at + step, file.length);
        expect((await append(id, at, file.subarray(at, arrived))).status).toBe(204);
        if (arrived === file.length) break;
        const playable = reference.tracks.every((track) => track.segmentsWithin(arrived) > 0);
        const now = playable
          ? await eventually(async () => (await video(id)).playable && video(id))
          : await video(id);
        expect(now).toMatchObject({ upload: 'receiving', playable });
        if (!playable) continue;
        expect(now.playableUntil).toBeGreaterThanOrEqual(until);
        expect(now.duration).toBeCloseTo(SECONDS, 0);
        until = now.playableUntil ?? 0;
        viewer ??= await openViewer(rig, grant);
        await watch(arrived);
        const { lines, ended } = await viewer.listing();
        expect(lines).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
        expect(lines).toContain('#EXT-X-START:TIME-OFFSET=0');
        expect(lines.slice(0, before.length)).toEqual(before);
        expect(ended).toBe(false);
        before = lines;
      }
      expect(until).toBeGreaterThan(SECONDS / 2);
      expect(seen.size).toBeGreaterThan(4);
      await watch(file.length);
      const last = await viewer.listing();
      expect(last.ended).toBe(true);
      expect(last.lines.slice(0, before.length)).toEqual(before);
      expect(await settled(id)).toMatchObject({ playable: true, playableUntil: null, failure: null });
      expect((await viewer.listing()).lines).toEqual(last.lines);
    });

    it('shows the same bytes afterwards, in the old session and in a new one, and every frame of them', async () => {
      await rig.restart();
      const fresh = await openViewer(rig, await grantFor(id));
      expect(fresh.play.playableUntil).toBeNull();
      expect((await fresh.listing()).lines).toContain('#EXT-X-PLAYLIST-TYPE:VOD');
      let frames = 0;
      const init = (await viewer.get('v0/init.mp4')).body;
      for (const [piece, bytes] of seen) {
        expect((await viewer.get(piece)).body.equals(bytes)).toBe(true);
        expect((await fresh.get(piece)).body.equals(bytes)).toBe(true);
        if (!piece.startsWith('v')) continue;
        const probed = probeFrames(Buffer.concat([init, bytes]));
        expect(probed.firstIsKey).toBe(true);
        frames += probed.frames;
      }
      expect(frames).toBe(SECONDS * 25);
      expect((await rig.call('GET', `/videos/${id}/original`)).body.equals(file)).toBe(true);
    });
  });

  it('goes on within one slow request, and reads on from the file while it moves', async () => {
    const id = await announce(rig, front.length);
    const headers = {
      ...patchHeaders(0, { 'content-length': String(front.length) }),
      authorization: `Bearer ${await rig.host.token()}`,
    };
    const { socketPath } = rig;
    const path = `${BASE}/uploads/${id}`;
    const patch = httpRequest({ socketPath, method: 'PATCH', path, headers, agent: false });
    const done = new Promise<number>((resolve) => {
      patch.once('response', (response) => resolve(response.resume().statusCode ?? 0));
    });
    const third = Math.ceil(front.length / 3);
    patch.write(front.subarray(0, third));
    await eventually(async () => (await video(id)).playable);
    const viewer = await openViewer(rig, await grantFor(id));
    expect((await video(id)).upload).toBe('receiving');
    const statuses = new Set<number>();
    const lengths: number[] = [];
    const look = async () => {
      const { segments, ended } = await viewer.listing();
      lengths.push(segments.length);
      for (const piece of segments) statuses.add((await viewer.get(piece)).status);
      return ended;
    };
    await look();
    patch.write(front.subarray(third, 2 * third));
    await eventually(async () => !(await look()) && (lengths.at(-1) ?? 0) > (lengths[0] ?? 0));
    patch.end(front.subarray(2 * third));
    await eventually(look);
    expect(await done).toBe(204);
    expect([...statuses]).toEqual([200]);
    expect(new Set(lengths).size).toBeGreaterThan(2);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
  });

  it('lets nobody in by a link that begins at what has not come yet', async () => {
    const id = await announce(rig, front.length);
    await append(id, 0, front.subarray(0, front.length / 2));
    await eventually(async () => (await video(id)).playable);
    const late = await redeem(rig, await grantFor(id, { startAt: SECONDS - 1 }));
    expect([late.status, late.problem().code]).toEqual([409, 'not_playable_yet']);
    expect((await redeem(rig, await grantFor(id, { startAt: 1 }))).status).toBe(200);
  });

  it('shows nothing of a piece that may still be refused', async () => {
    const id = await announce(rig, front.length);
    const piece = front.subarray(0, front.length / 2);
    const send = (checksum: Buffer) => {
      const value = `sha256 ${checksum.toString('base64')}`;
      return append(id, 0, piece, { 'upload-checksum': value });
    };
    expect((await send(Buffer.alloc(32))).status).toBe(460);
    expect(await video(id)).toMatchObject({ playable: false, receivedBytes: 0 });
    expect((await send(createHash('sha256').update(piece).digest())).status).toBe(204);
    await eventually(async () => (await video(id)).playable);
  });

  it('ends with the upload that is given up, and with the link', async () => {
    const id = await announce(rig, front.length);
    await append(id, 0, front.subarray(0, front.length / 2));
    await eventually(async () => (await video(id)).playable);
    const [viewer, other] = [
      await openViewer(rig, await grantFor(id, { linkId: 'cut' })),
      await openViewer(rig, await grantFor(id, { linkId: 'kept' })),
    ];
    const target = { serverId: 'server-1', videoId: id, linkId: 'cut', epoch: 1 };
    rig.host.publish('links', { type: 'link.changed', ...target, revoked: true });
    const started = performance.now();
    await eventually(async () => (await viewer.get('v0/0.m4s')).status === 410);
    expect(performance.now() - started).toBeLessThan(1000);
    expect((await other.get('v0/0.m4s')).status).toBe(200);
    expect((await rig.call('DELETE', `/uploads/${id}`, { headers: patchHeaders(0) })).status).toBe(204);
    expect((await other.get('v0/0.m4s')).status).toBe(410);
    expect((await other.get('v0.m3u8')).status).toBe(410);
  });

  describe('a movie header that is sent ahead', () => {
    it('is taken once, from the owner, while the file is still to come', async () => {
      const id = await announce(rig, behind.length);
      const { moov } = moovOf(behind);
      const put = async (target: string, body: Uint8Array, options = {}) => {
        const answer = await rig.call('PUT', `/uploads/${target}/moov`, { body, ...options });
        return [answer.status, answer.status === 204 ? '' : answer.problem().code];
      };
      expect(await put(id, moov, { open: true })).toEqual([401, 'unauthenticated']);
      const stranger = await rig.host.token({ sub: 'stranger' });
      expect(await put(id, moov, { token: stranger })).toEqual([404, 'not_found']);
      expect(await put('nothing', moov)).toEqual([404, 'not_found']);
      for (const wrong of [
        Buffer.from('no movie'),
        Buffer.alloc(0),
        moov.subarray(0, 500),
        behind.subarray(0, 900),
      ]) {
        expect(await put(id, wrong)).toEqual([422, 'invalid_fields']);
      }
      const huge = { headers: { 'content-length': String(33 * 1024 * 1024), expect: '100-continue' } };
      expect(await put(id, Buffer.alloc(0), huge)).toEqual([413, 'body_too_large']);
      expect(await put(id, moov)).toEqual([204, '']);
      expect(await put(id, moov)).toEqual([204, '']);
      const other = makeClip({ duration: 2 });
      expect(await put(id, moovOf(other).moov)).toEqual([409, 'conflict']);
      await append(id, 0, behind);
      await settled(id);
      expect(await put(id, moov)).toEqual([409, 'conflict']);
    });

    it('is dropped when the file ends with another one: the session ends, and a new one plays the truth', async () => {
      const other = makeClip({ duration: 6, group: 10, audio: false });
      const id = await announce(rig, behind.length);
      expect((await sendMoov(id, moovOf(other).moov)).status).toBe(204);
      await append(id, 0, behind.subarray(0, behind.length - 1));
      const viewer = await openViewer(rig, await grantFor(id));
      expect((await viewer.get('v0/0.m4s')).status).toBe(200);
      await append(id, behind.length - 1, behind.subarray(behind.length - 1));
      expect(await settled(id)).toMatchObject({ playable: true, playableUntil: null });
      for (const piece of ['v0.m3u8', 'v0/0.m4s', 'v0/init.mp4']) {
        const answer = await viewer.get(piece);
        expect([answer.status, answer.problem().code]).toEqual([410, 'session_ended']);
      }
      const fresh = await openViewer(rig, await grantFor(id));
      expect(fresh.play.duration).toBeCloseTo(SECONDS, 0);
      const [init, first] = [await fresh.get('v0/init.mp4'), await fresh.get('v0/0.m4s')];
      expect(probeFrames(Buffer.concat([init.body, first.body]))).toMatchObject({
        frames: 50,
        firstIsKey: true,
      });
      await rig.restart();
      expect((await viewer.get('v0.m3u8')).status).toBe(410);
      expect((await fresh.listing()).ended).toBe(true);
    });

    it('is forgotten when the file cannot be played after all', async () => {
      const cut = behind.subarray(0, moovOf(behind).offset);
      const id = await announce(rig, cut.length);
      expect((await sendMoov(id, moovOf(behind).moov)).status).toBe(204);
      await append(id, 0, cut.subarray(0, cut.length - 1));
      const viewer = await openViewer(rig, await grantFor(id));
      await append(id, cut.length - 1, cut.subarray(cut.length - 1));
      const failed = await eventually(async () => (await video(id)).failure && video(id));
      expect(failed).toMatchObject({ playable: false, playableUntil: null, failure: { code: 'truncated' } });
      await eventually(async () => (await viewer.get('v0.m3u8')).status === 410);
      expect((await redeem(rig, await grantFor(id))).problem().code).toBe('not_playable');
    });
  });

  it('waits for the whole file where nothing was sent ahead', async () => {
    const id = await announce(rig, behind.length);
    await append(id, 0, behind.subarray(0, behind.length - 1));
    expect((await redeem(rig, await grantFor(id))).problem().code).toBe('not_playable_yet');
    await append(id, behind.length - 1, behind.subarray(behind.length - 1));
    expect((await redeem(rig, await grantFor(id))).status).toBe(200);
  });

  it('is the same for what is no video', async () => {
    const id = await announce(rig, 100_000);
    await append(id, 0, Buffer.alloc(50_000, 'text '));
    expect(await video(id)).toMatchObject({ playable: false, failure: null, upload: 'receiving' });
    expect((await redeem(rig, await grantFor(id))).problem().code).toBe('not_playable_yet');
    const whole = await upload(rig, Buffer.alloc(50_000, 'text '));
    expect(await settled(whole)).toMatchObject({ failure: { code: 'not_media' } });
  });
});
