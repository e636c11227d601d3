import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PlayAnswer } from '@ptsdly/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip, probeFrames } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, patchHeaders, upload } from '../testing/tus-calls.ts';

describe.skipIf(!hasFfmpeg)('playback', () => {
  let rig: Rig;
  let clip: Buffer;
  let id: string;
  const grantFor = (claims: Record<string, unknown> = {}, options?: Parameters<Rig['host']['grant']>[1]) =>
    rig.host.grant({ videoId: id, ...claims }, options);
  const play = (grant: string) =>
    rig.call('POST', '/play', {
      open: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant }),
    });
  const get = (path: string, headers: Record<string, string> = {}) =>
    rig.call('GET', path, { open: true, headers });

  beforeAll(async () => {
    rig = await openRig();
    clip = makeClip({ duration: 8 });
    id = await upload(rig, clip, '여름 "휴가".mp4');
  });
  afterAll(() => rig?.close());

  it('plays the moment the last byte is in: every segment decodes, begins with a keyframe, and all is covered', async () => {
    const answer = await rig.client.playOwn({ params: { id } });
    expect(answer).toMatchObject({ title: '여름 "휴가"', width: 320, height: 180 });
    expect(answer.duration).toBeCloseTo(8, 0);
    expect(answer.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio']);
    const root = answer.hlsUrl.slice(0, answer.hlsUrl.lastIndexOf('/') + 1);
    const master = await get(answer.hlsUrl);
    expect(master.headers).toMatchObject({
      'content-type': 'application/vnd.apple.mpegurl',
      'cache-control': 'no-store',
    });
    expect(master.body.toString()).toContain('v0.m3u8');
    const playlist = (await get(`${root}v0.m3u8`)).body.toString();
    const segments = playlist.split('\n').filter((line) => line.endsWith('.m4s'));
    const init = await get(`${root}v0/init.mp4`);
    let frames = 0;
    for (const segment of segments) {
      const piece = await get(root + segment);
      expect(piece.status).toBe(200);
      expect(piece.headers).toMatchObject({
        'content-type': 'video/mp4',
        'cache-control': 'private, max-age=31536000, immutable',
      });
      const probed = probeFrames(Buffer.concat([init.body, piece.body]));
      expect(probed.firstIsKey).toBe(true);
      frames += probed.frames;
    }
    expect(frames).toBe(200);
    const sound = await get(`${root}a0/0.m4s`);
    expect(sound.status).toBe(200);
  });

  it('answers HEAD and If-None-Match on pieces, and 404 for pieces that are not there', async () => {
    const { hlsUrl } = await rig.client.playOwn({ params: { id } });
    const url = (piece: string) => hlsUrl.replace('master.m3u8', piece);
    const segment = await get(url('v0/0.m4s'));
    const head = await rig.call('HEAD', url('v0/0.m4s'), { open: true });
    expect(head.headers['content-length']).toBe(String(segment.body.length));
    expect(head.body).toHaveLength(0);
    const again = await get(url('v0/0.m4s'), { 'if-none-match': String(segment.headers.etag) });
    expect(again.status).toBe(304);
    for (const piece of ['v0/999.m4s', 'v7/0.m4s', 'v7.m3u8', 'other', '../videos', 'v0/init.mp4/x']) {
      const answer = await get(url(piece));
      expect([piece, answer.status]).toEqual([piece, 404]);
    }
  });

  it('compresses a playlist where that helps', async () => {
    const long = await upload(rig, makeClip({ duration: 90, audio: false }));
    const { hlsUrl } = await rig.client.playOwn({ params: { id: long } });
    const url = hlsUrl.replace('master', 'v0');
    const zipped = await get(url, { 'accept-encoding': 'gzip' });
    const plain = await get(url);
    if (plain.body.length > 1200) {
      expect(zipped.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    }
    expect(plain.headers['content-encoding']).toBeUndefined();
  });

  it('makes a poster and a card by itself', async () => {
    const { posterUrl } = await eventually(async () => {
      const video = await rig.client.getVideo({ params: { id } });
      return video.posterUrl !== null && video;
    });
    const poster = await rig.call('GET', String(posterUrl));
    expect(poster.body.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    const card = await eventually(() => {
      const told = rig.host.cards.get(id);
      return told?.posterBase64 ? told : undefined;
    });
    expect(card).toMatchObject({ title: '여름 "휴가"', width: 320, height: 180 });
    expect(Buffer.from(card.posterBase64 ?? '', 'base64').equals(poster.body)).toBe(true);
    const { posterUrl: shared } = await rig.client.playOwn({ params: { id } });
    expect((await get(String(shared))).body.equals(poster.body)).toBe(true);
  });

  it('tells the host a new title', async () => {
    const video = await rig.client.updateVideo({ params: { id }, body: { title: '겨울' } });
    expect(video.title).toBe('겨울');
    await eventually(() => rig.host.cards.get(id)?.title === '겨울');
  });

  describe('the original', () => {
    it('comes whole, as an attachment under its own name', async () => {
      const answer = await rig.call('GET', `/videos/${id}/original`);
      expect(answer.body.equals(clip)).toBe(true);
      expect(answer.headers).toMatchObject({
        'accept-ranges': 'bytes',
        'content-type': 'video/mp4',
        'content-length': String(clip.length),
        'x-content-type-options': 'nosniff',
      });
      expect(answer.headers['content-disposition']).toBe(
        `attachment; filename="__ ____.mp4"; filename*=UTF-8''%EC%97%AC%EB%A6%84%20%22%ED%9C%B4%EA%B0%80%22.mp4`,
      );
    });

    it.each([
      ['bytes=0-0', 0, 1],
      ['bytes=100-199', 100, 200],
      ['bytes=-50', -50, undefined],
      ['bytes=1000-', 1000, undefined],
    ])('answers %s', async (range, start, end) => {
      const answer = await rig.call('GET', `/videos/${id}/original`, { headers: { range } });
      const expected = clip.subarray(start, end);
      expect(answer.status).toBe(206);
      expect(answer.body.equals(expected)).toBe(true);
      const first = start < 0 ? clip.length + start : start;
      const last = first + expected.length - 1;
      expect(answer.headers['content-range']).toBe(`bytes ${first}-${last}/${clip.length}`);
    });

    it('refuses a range past the end, and honours If-Range', async () => {
      const path = `/videos/${id}/original`;
      const past = await rig.call('GET', path, { headers: { range: `bytes=${clip.length}-` } });
      expect([past.status, past.problem().code]).toEqual([416, 'range_not_satisfiable']);
      expect(past.headers['content-range']).toBe(`bytes */${clip.length}`);
      const head = await rig.call('HEAD', path);
      const same = { range: 'bytes=0-9', 'if-range': String(head.headers.etag) };
      expect((await rig.call('GET', path, { headers: same })).status).toBe(206);
      const other = { range: 'bytes=0-9', 'if-range': '"other"' };
      expect((await rig.call('GET', path, { headers: other })).status).toBe(200);
    });
  });

  describe('grants', () => {
    it('give one session each', async () => {
      const grant = await grantFor({ startAt: 3, endAt: 5 });
      const answer = await play(grant);
      expect(answer.status).toBe(200);
      const body = JSON.parse(answer.body.toString()) as PlayAnswer;
      expect(body).toMatchObject({ startAt: 3, endAt: 5, downloadUrl: null });
      expect((await get(body.hlsUrl)).status).toBe(200);
      const download = await get(body.hlsUrl.replace('master.m3u8', 'download'));
      expect(download.status).toBe(403);
      const again = await play(grant);
      expect([again.status, again.problem().code]).toEqual([403, 'grant_invalid']);
      await rig.restart();
      expect((await play(grant)).status).toBe(403);
      expect((await get(body.hlsUrl)).status).toBe(200);
    });

    it('open the download where the link allows it', async () => {
      const answer = await play(await grantFor({ allowDownload: true }));
      const { downloadUrl } = JSON.parse(answer.body.toString()) as PlayAnswer;
      expect((await get(String(downloadUrl))).body.equals(clip)).toBe(true);
    });

    it.each([
      ['for another video', { videoId: 'nothing' }, {}],
      ['for another server', { aud: 'server:other' }, {}],
      ['from another issuer', { iss: 'somebody' }, {}],
      ['without its claims', { linkId: undefined }, {}],
      ['that is over', {}, { expiresIn: '-10s' }],
      ['that is forged', {}, { forged: true }],
    ])('%s are refused', async (_, claims, options) => {
      const answer = await play(await grantFor(claims, options));
      expect([answer.status, answer.problem().code]).toEqual([403, 'grant_invalid']);
    });

    it('of a link that has ended are refused', async () => {
      const answer = await play(await grantFor({ linkExp: Math.floor(Date.now() / 1000) - 1 }));
      expect([answer.status, answer.problem().code]).toEqual([410, 'session_ended']);
    });

    it('stay good while the video is still arriving', async () => {
      const bytes = makeClip({ duration: 1, audio: false });
      const arriving = await announce(rig, bytes.length);
      const grant = await grantFor({ videoId: arriving });
      const early = await play(grant);
      expect([early.status, early.problem().code]).toEqual([409, 'not_playable_yet']);
      expect(early.headers['retry-after']).toBe('1');
      await rig.call('PATCH', `/uploads/${arriving}`, { headers: patchHeaders(0), body: bytes });
      expect((await play(grant)).status).toBe(200);
    });
  });

  describe('the end of a right', () => {
    const openSession = async (claims: Record<string, unknown>) => {
      const grant = await grantFor({ allowDownload: true, ...claims });
      const answer = await eventually(async () => {
        const opened = await play(grant); // which stays good while the index is being made
        return opened.status === 200 && opened;
      });
      return JSON.parse(answer.body.toString()) as PlayAnswer;
    };
    /** Resolves to what came when the answer ends, whole or cut. */
    const drain = async (path: string) => {
      const response = await rig.open('GET', path, { open: true });
      const chunks: Buffer[] = [];
      const ended = new Promise<string>((resolve) => {
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.on('close', () => resolve(Buffer.concat(chunks).toString()));
      });
      return { response, ended };
    };

    it('cuts open responses within a second and refuses the next segment', async () => {
      const big = await upload(rig, Buffer.concat([clip, Buffer.alloc(60_000_000)]), 'big.mp4');
      const session = await openSession({ linkId: 'cut', videoId: big });
      const events = await drain(session.eventsUrl);
      const slow = await rig.open('GET', String(session.downloadUrl), { open: true });
      slow.on('error', () => undefined);
      const cut = new Promise<void>((resolve) => slow.once('close', () => resolve()));
      await new Promise((resolve) => slow.once('readable', resolve)); // and no more: the server has to wait
      const other = await openSession({ linkId: 'other', videoId: big });
      const started = performance.now();
      const target = { serverId: 'server-1', videoId: big, linkId: 'cut', epoch: 1 };
      rig.host.publish('links', { type: 'link.changed', ...target, revoked: true });
      expect(await events.ended).toContain('event: ended\ndata: {"reason":"revoked"}');
      slow.resume();
      await cut;
      expect(slow.complete).toBe(false);
      expect(performance.now() - started).toBeLessThan(1000);
      const next = await get(session.hlsUrl.replace('master.m3u8', 'v0/0.m4s'));
      expect([next.status, next.problem().code]).toEqual([410, 'session_ended']);
      expect((await get(other.hlsUrl)).status).toBe(200);
      expect((await play(await grantFor({ linkId: 'cut', videoId: big }))).status).toBe(410);
      await rig.restart();
      expect((await get(session.hlsUrl)).status).toBe(410);
      expect((await get(other.hlsUrl)).status).toBe(200);
    });

    it('by a higher epoch ends older sessions and lets newer ones in', async () => {
      const old = await openSession({ linkId: 'epochs', epoch: 1 });
      const target = { serverId: 'server-1', videoId: id, linkId: 'epochs', epoch: 2 };
      rig.host.publish('links', { type: 'link.changed', ...target, revoked: false });
      await eventually(async () => (await get(old.hlsUrl)).status === 410);
      const fresh = await openSession({ linkId: 'epochs', epoch: 2 });
      expect((await get(fresh.hlsUrl)).status).toBe(200);
    });

    it('comes with the end of the link, while the response is open', async () => {
      const session = await openSession({ linkExp: Math.floor(Date.now() / 1000) + 2 });
      const { ended } = await drain(session.eventsUrl);
      expect(await ended).toContain('{"reason":"expired"}');
      expect((await get(session.hlsUrl)).status).toBe(410);
    });

    it('comes with the owner’s sign-out, for the sessions of that sign-in', async () => {
      const sid = 'sid-leaving';
      const token = await rig.host.token({ sid });
      const answer = await rig.call('POST', `/videos/${id}/play`, { token });
      const { eventsUrl, hlsUrl } = JSON.parse(answer.body.toString()) as PlayAnswer;
      const { ended } = await drain(eventsUrl);
      rig.host.publish('identity', { type: 'session.revoked', sessionId: sid, userId: 'owner-1' });
      expect(await ended).toContain('{"reason":"signed_out"}');
      expect((await get(hlsUrl)).status).toBe(410);
      expect((await rig.call('GET', '/videos', { token })).status).toBe(401);
    });

    it('comes with the suspension of the server, and goes with it', async () => {
      const session = await openSession({ linkId: 'suspended' });
      const server = { serverId: 'server-1', slug: 'myslug', ownerId: 'owner-1' };
      rig.host.publish('subscriptions', { type: 'server.changed', ...server, state: 'suspended' });
      const answer = await eventually(async () => {
        const now = await get(session.hlsUrl);
        return now.status !== 200 && now;
      });
      expect([answer.status, answer.problem().code]).toEqual([503, 'server_not_ready']);
      rig.host.publish('subscriptions', { type: 'server.changed', ...server, state: 'ready' });
      await eventually(async () => (await get(session.hlsUrl)).status === 200);
    });

    it('comes with the deletion of the video', async () => {
      const doomed = await upload(rig, makeClip({ duration: 1, audio: false }));
      const session = await openSession({ linkId: 'doomed', videoId: doomed });
      const { ended } = await drain(session.eventsUrl);
      await rig.client.deleteVideo({ params: { id: doomed } });
      expect(await ended).toContain('{"reason":"deleted"}');
      expect((await get(session.hlsUrl)).status).toBe(410);
      expect((await rig.call('GET', `/videos/${doomed}/original`)).status).toBe(404);
      expect((await rig.call('DELETE', `/videos/${doomed}`)).status).toBe(404);
      await eventually(() => rig.host.deleted.includes(doomed));
    });

    it('is told by 403 for a token that this server never signed', async () => {
      const { session, hlsUrl } = await openSession({});
      const [body, mac] = session.split('.');
      const claims = JSON.parse(Buffer.from(String(body), 'base64url').toString()) as object;
      const longer = Buffer.from(JSON.stringify({ ...claims, x: 9_999_999_999 })).toString('base64url');
      for (const forged of [`${longer}.${mac}`, `${body}.AAAA`, 'x', `${session}.x`]) {
        const answer = await get(hlsUrl.replace(session, forged));
        expect([answer.status, answer.problem().code]).toEqual([403, 'session_invalid']);
      }
    });
  });

  it('tells the host of a deletion that happened while it was away', async () => {
    const doomed = await upload(rig, Buffer.from('not a video'));
    rig.host.away = true;
    await rig.client.deleteVideo({ params: { id: doomed } });
    await rig.restart();
    expect(rig.host.deleted).not.toContain(doomed);
    rig.host.away = false;
    await eventually(() => rig.host.deleted.includes(doomed));
  });

  it('shows nothing before it knows what was revoked while it slept', async () => {
    const { hlsUrl } = await rig.client.playOwn({ params: { id } });
    rig.host.away = true;
    await rig.restart();
    let shown = false;
    const waiting = get(hlsUrl).then(({ status }) => {
      shown = true;
      return status;
    });
    expect((await rig.call('GET', '/readyz', { open: true })).problem().code).toBe('unavailable');
    expect(shown).toBe(false);
    rig.host.away = false;
    expect(await waiting).toBe(200);
    expect((await rig.call('GET', '/readyz', { open: true })).status).toBe(200);
  });

  it('shows nothing once it hears that it was suspended while it slept', async () => {
    const { hlsUrl } = await rig.client.playOwn({ params: { id } });
    const tell = (state: string) => {
      const server = { serverId: rig.config.serverId, slug: rig.config.slug, ownerId: rig.config.ownerId };
      rig.host.publish('subscriptions', { type: 'server.changed', ...server, state });
    };
    rig.host.away = true;
    await rig.restart();
    tell('suspended');
    const waiting = get(hlsUrl);
    rig.host.away = false;
    expect((await waiting).problem().code).toBe('server_not_ready');
    tell('ready');
    await eventually(async () => (await get(hlsUrl)).status === 200);
  });

  it('makes an index again that is damaged or gone', async () => {
    await rig.restart();
    await writeFile(join(rig.folder, 'objects', id, 'index'), 'damaged');
    expect((await rig.client.playOwn({ params: { id } })).duration).toBeCloseTo(8, 0);
    await rig.restart();
    await rm(join(rig.folder, 'objects', id, 'index'));
    const { hlsUrl } = await rig.client.playOwn({ params: { id } });
    expect((await get(hlsUrl)).status).toBe(200);
  });

  it('tells apart what cannot be played, and gives it back all the same', async () => {
    const cases: [Buffer, string][] = [
      [Buffer.from('just text, named .mp4'.repeat(20)), 'not_media'],
      [clip.subarray(0, clip.length - 2000), 'truncated'],
      [makeClip({ duration: 1, fastStart: true }).subarray(0, 12_000), 'truncated'],
    ];
    for (const [bytes, code] of cases) {
      const broken = await upload(rig, bytes, 'broken.mp4');
      const video = await eventually(async () => {
        const now = await rig.client.getVideo({ params: { id: broken } });
        return now.processing === 'none' && now;
      });
      expect(video).toMatchObject({ playable: false, failure: { code } });
      const refused = await rig.call('POST', `/videos/${broken}/play`);
      expect([refused.status, refused.problem().code]).toEqual([409, 'not_playable']);
      expect(refused.problem().detail).toBe(video.failure?.detail);
      expect((await rig.call('GET', `/videos/${broken}/original`)).body.equals(bytes)).toBe(true);
    }
  });
});
