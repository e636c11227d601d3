import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Video } from '@ptsdly/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, patchHeaders, upload } from '../testing/tus-calls.ts';
import { openViewer } from '../testing/viewer.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(2000)]);
const video = (id: string) => rig.client.getVideo({ params: { id } });
const putPoster = (path: string) =>
  rig.call('PUT', path, { headers: { 'content-type': 'image/jpeg' }, body: JPEG });
const settled = (id: string, check: (video: Video) => boolean) =>
  eventually(async () => {
    const now = await video(id);
    return check(now) && now;
  });
/** Width and height of a picture, and the brightness of its pixels on average. */
function look(jpeg: Buffer): { width: number; height: number; brightness: number } {
  const probe = ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', '-'];
  const [width = 0, height = 0] = execFileSync('ffprobe', probe, { input: jpeg })
    .toString()
    .split(',')
    .map(Number);
  const grey = ['-v', 'error', '-i', '-', '-vf', 'scale=8:8,format=gray', '-f', 'rawvideo', '-'];
  const pixels = execFileSync('ffmpeg', grey, { input: jpeg });
  return { width, height, brightness: pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length };
}

describe.runIf(hasFfmpeg)('pictures of a video', { timeout: 60_000 }, () => {
  it('are a telling poster and a storyboard, for the owner and for a friend', async () => {
    const id = await upload(rig, makeClip({ duration: 10, blackFor: 3 }));
    const done = await settled(
      id,
      ({ posterBy, storyboardUrl }) => posterBy === 'server' && storyboardUrl !== null,
    );
    const poster = await rig.call('GET', String(done.posterUrl));
    expect(look(poster.body)).toMatchObject({ width: 320, height: 180 });
    expect(look(poster.body).brightness).toBeGreaterThan(60);

    const frame = (at: string) => rig.call('GET', `/videos/${id}/frame?at=${at}`);
    expect(look((await frame('1')).body).brightness).toBeLessThan(40); // where it is black
    expect(look((await frame('6')).body)).toMatchObject({ width: 320, height: 180 });
    expect(look((await frame('6')).body).brightness).toBeGreaterThan(60);
    expect((await frame('soon')).problem().code).toBe('invalid_fields');

    const asLinks = async (path: string, claims: object) =>
      rig.call('GET', path, { token: await rig.host.grant({ ...claims }) });
    const wanted = `/videos/${id}/frame?at=6`;
    expect(look((await asLinks(wanted, { videoId: id, frameAt: 6 })).body).brightness).toBeGreaterThan(60);
    // A token names one picture, and the grant of a view is none of these.
    for (const claims of [{ videoId: id, frameAt: 5 }, { videoId: 'other', frameAt: 6 }, { videoId: id }])
      expect((await asLinks(wanted, claims)).status).toBe(401);
    expect((await asLinks(`/videos/${id}/poster`, { videoId: id, frameAt: 6 })).status).toBe(401);

    const list = await rig.call('GET', String(done.storyboardUrl));
    expect(list.headers['content-type']).toBe('text/vtt; charset=utf-8');
    const cues = list.body.toString().match(/^sheet-1\.jpg\?v=1#xywh=.*$/gm);
    expect(cues).toHaveLength(5);
    const sheet = await rig.call('GET', `/videos/${id}/storyboard/sheet-1.jpg`);
    expect(look(sheet.body)).toMatchObject({ width: 240 * 5, height: 136 });

    const viewer = await openViewer(rig, await rig.host.grant({ videoId: id }));
    const shared = await rig.call('GET', String(viewer.play.storyboardUrl), { open: true });
    expect(shared.body.equals(list.body)).toBe(true);
    expect((await viewer.get('storyboard/sheet-1.jpg')).body.equals(sheet.body)).toBe(true);
    for (const piece of [
      'storyboard/sheet-2.jpg',
      'storyboard/sheet-0.jpg',
      'storyboard/..',
      'storyboard/x',
    ]) {
      expect((await viewer.get(piece)).status, piece).toBe(404);
    }
    const stranger = await rig.host.token({ sub: 'somebody-else' });
    for (const path of [String(done.storyboardUrl), `/videos/${id}/storyboard/sheet-1.jpg`]) {
      expect((await rig.call('GET', path, { open: true })).status).toBe(401);
      expect((await rig.call('GET', path, { token: stranger })).status).toBe(404);
    }

    await rig.client.deleteVideo({ params: { id } });
    expect(await readdir(join(rig.folder, 'objects', id)).catch(() => [])).toEqual([]);
    const left = await readdir(join(rig.folder, 'work'));
    expect(left.filter((name) => name.startsWith('pictures-'))).toEqual([]);
  });

  it('stand upright where the camera was held so', async () => {
    const id = await upload(rig, makeClip({ rotation: 90 }));
    const { posterUrl } = await settled(id, ({ posterBy }) => posterBy === 'server');
    expect(look((await rig.call('GET', String(posterUrl))).body)).toMatchObject({ width: 180, height: 320 });
  });

  it('replace the poster of the browser, but not that of the owner', async () => {
    const clip = makeClip();
    const id = await announce(rig, clip.length);
    expect((await putPoster(`/uploads/${id}/poster`)).status).toBe(204);
    expect((await video(id)).posterBy).toBe('browser');
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: clip });
    await settled(id, ({ posterBy, storyboardUrl }) => posterBy === 'server' && storyboardUrl !== null);

    expect((await putPoster(`/videos/${id}/poster`)).status).toBe(204);
    const chosen = await video(id);
    expect(chosen.posterBy).toBe('owner');
    expect((await rig.call('GET', String(chosen.posterUrl))).body.equals(JPEG)).toBe(true);
    expect((await putPoster(`/uploads/${id}/poster`)).status).toBe(204); // a browser that is late changes nothing
    expect((await video(id)).posterUrl).toBe(chosen.posterUrl);

    expect((await rig.call('DELETE', `/videos/${id}/poster`)).status).toBe(204);
    const again = await settled(id, ({ posterBy }) => posterBy === 'server');
    expect(again.posterUrl).not.toBe(chosen.posterUrl);
  });

  it('begin with the first bytes of an upload', async () => {
    const clip = makeClip({ duration: 12, fastStart: true });
    const id = await announce(rig, clip.length);
    const half = clip.subarray(0, clip.length / 2);
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: half });
    const arriving = await settled(id, ({ posterUrl }) => posterUrl !== null);
    expect(arriving).toMatchObject({ upload: 'receiving', posterBy: 'server', storyboardUrl: null });
    expect(look((await rig.call('GET', String(arriving.posterUrl))).body).width).toBe(320);
    // the browser's, chosen with the whole file at hand, is better than that
    await putPoster(`/uploads/${id}/poster`);
    expect((await video(id)).posterBy).toBe('browser');
    await rig.client.deleteVideo({ params: { id } });
  });

  it('of sound there are none, and nothing is tried for ever', async () => {
    const id = await upload(rig, makeClip({ picture: false }), 'song.m4a');
    const { playable } = await settled(id, (now) => now.playable);
    expect(playable).toBe(true);
    const { storyboardUrl } = await rig.client.playOwn({ params: { id } });
    expect(storyboardUrl).toBeNull();
    expect((await rig.call('GET', `/videos/${id}/storyboard/list.vtt`)).body.toString()).toBe('WEBVTT\n');
    expect((await rig.call('GET', `/videos/${id}/storyboard/sheet-1.jpg`)).status).toBe(404);
  });

  it('refuse what is no JPEG', async () => {
    const id = await announce(rig, 1000);
    const headers = { 'content-type': 'image/jpeg' };
    const put = (options: { headers: Record<string, string>; body: Buffer | string }) =>
      rig.call('PUT', `/videos/${id}/poster`, options);
    expect((await put({ headers, body: '<svg onload="alert(1)"/>'.repeat(20) })).problem().code).toBe(
      'invalid_fields',
    );
    const svg = { 'content-type': 'image/svg+xml' };
    expect((await put({ headers: svg, body: JPEG })).problem().code).toBe('unsupported_media_type');
    expect((await put({ headers, body: Buffer.alloc(600_000) })).problem().code).toBe('body_too_large');
    expect((await putPoster('/videos/nothing/poster')).status).toBe(404);
  });
});
