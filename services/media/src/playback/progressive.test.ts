import { bytesSource, createProgressive, indexSource } from '@ptsdly/packager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip, probeFrames } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, patchHeaders, upload } from '../testing/tus-calls.ts';
import { openViewer } from '../testing/viewer.ts';

describe.skipIf(!hasFfmpeg)('the plain MP4 of a session', () => {
  let rig: Rig;
  let turned: Buffer;
  let id: string;
  let expected: Buffer;
  const grantFor = (videoId: string, claims = {}) => rig.host.grant({ videoId, ...claims });
  const plainOf = async (original: Buffer) => {
    const { header, body } = createProgressive(await indexSource(bytesSource(original)));
    return Buffer.concat([header, original.subarray(body.offset, body.offset + body.length)]);
  };

  beforeAll(async () => {
    rig = await openRig();
    turned = makeClip({ rotation: 90 });
    id = await upload(rig, turned);
    await eventually(async () => (await rig.client.getVideo({ params: { id } })).playable);
    expected = await plainOf(turned);
  });
  afterAll(() => rig?.close());

  it('is offered for a turned video, and is the original with its header in front, bit by bit', async () => {
    const viewer = await openViewer(rig, await grantFor(id));
    expect(viewer.play).toMatchObject({
      progressiveUrl: viewer.url('video.mp4'),
      prefer: 'hls',
      width: 180,
      height: 320,
    });
    const whole = await viewer.get('video.mp4');
    expect(whole.status).toBe(200);
    expect(whole.body.equals(expected)).toBe(true);
    expect(whole.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'video/mp4',
      'content-length': String(expected.length),
      'x-content-type-options': 'nosniff',
    });
    expect(probeFrames(whole.body)).toMatchObject({ frames: 100, firstIsKey: true });
  });

  it('answers every kind of range as one file would', async () => {
    const viewer = await openViewer(rig, await grantFor(id));
    const size = expected.length;
    const header = createProgressive(await indexSource(bytesSource(turned))).header.length;
    const ranges: [number, number][] = [
      [0, 1],
      [0, header],
      [header - 1, header + 1],
      [header, header + 10],
      [header - 100, header + 50_000],
      [size - 1, size],
      [0, size],
    ];
    for (const [start, end] of ranges) {
      const answer = await viewer.get('video.mp4', { range: `bytes=${start}-${end - 1}` });
      expect(answer.status).toBe(206);
      expect(answer.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${size}`);
      expect(answer.body.equals(expected.subarray(start, end))).toBe(true);
    }
    expect(
      (await viewer.get('video.mp4', { range: 'bytes=-70000' })).body.equals(expected.subarray(-70_000)),
    ).toBe(true);
    const past = await viewer.get('video.mp4', { range: `bytes=${size}-` });
    expect([past.status, past.headers['content-range']]).toEqual([416, `bytes */${size}`]);
    const head = await rig.call('HEAD', viewer.url('video.mp4'), { open: true });
    expect([head.headers['content-length'], head.body.length]).toEqual([String(size), 0]);
    const etag = String(head.headers.etag);
    expect((await viewer.get('video.mp4', { 'if-none-match': etag })).status).toBe(304);
    expect((await viewer.get('video.mp4', { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200);
  });

  it('is what a video with one long group of pictures is best played as', async () => {
    const long = makeClip({ duration: 24, group: 9999, audio: false });
    const viewer = await openViewer(rig, await grantFor(await upload(rig, long)));
    expect(viewer.play).toMatchObject({ prefer: 'progressive', progressiveUrl: viewer.url('video.mp4') });
    expect((await viewer.get('video.mp4')).body.equals(await plainOf(long))).toBe(true);
    expect((await viewer.listing()).segments).toHaveLength(1);
  });

  it('is not offered where HLS does as well', async () => {
    const straight = await upload(rig, makeClip({ duration: 2 }));
    const answer = (await openViewer(rig, await grantFor(straight))).play;
    expect(answer).toMatchObject({ progressiveUrl: null, prefer: 'hls' });
  });

  it.each([
    ['turned', { duration: 6, rotation: 90, fastStart: true }, 'hls'],
    [
      'with one long group of pictures',
      { duration: 22, group: 9999, audio: false, fastStart: true },
      'progressive',
    ],
  ] as const)('goes on while a video %s arrives, bit by bit', async (_, options, prefer) => {
    const arriving = makeClip(options);
    const half = Math.floor(arriving.length / 2);
    const arrivingId = await announce(rig, arriving.length);
    const send = (from: number, to: number) =>
      rig.call('PATCH', `/uploads/${arrivingId}`, {
        headers: patchHeaders(from),
        body: arriving.subarray(from, to),
      });
    await send(0, half);
    const until = await eventually(
      async () => (await rig.client.getVideo({ params: { id: arrivingId } })).playableUntil ?? undefined,
    );
    expect(until).toBeGreaterThan(1);
    expect(until).toBeLessThan(options.duration);
    const viewer = await openViewer(rig, await grantFor(arrivingId));
    expect(viewer.play).toMatchObject({ progressiveUrl: viewer.url('video.mp4'), prefer });
    const whole = await plainOf(arriving);
    const response = await rig.open('GET', viewer.url('video.mp4'), { open: true });
    const got: Buffer[] = [];
    const ended = new Promise<void>((resolve) => response.once('end', resolve));
    response.on('data', (chunk: Buffer) => got.push(chunk));
    const gotBytes = () => got.reduce((sum, { length }) => sum + length, 0);
    expect(Number(response.headers['content-length'])).toBe(whole.length);
    const before = await eventually(() => gotBytes() > whole.length * 0.4 && gotBytes());
    expect(before).toBeLessThan(whole.length * 0.7); // no byte that is not there
    const behind = viewer.get('video.mp4', { range: `bytes=${whole.length - 1000}-` });
    await send(half, arriving.length);
    await ended;
    expect(Buffer.concat(got).equals(whole)).toBe(true);
    expect((await behind).body.equals(whole.subarray(-1000))).toBe(true);
    await eventually(
      async () => (await rig.client.getVideo({ params: { id: arrivingId } })).upload === 'complete',
    );
    expect((await viewer.get('video.mp4')).body.equals(whole)).toBe(true); // in the same session
  });

  it('is cut within a second when its link is revoked', async () => {
    const big = makeClip({ duration: 60, rotation: 90, audio: false });
    expect(big.length).toBeGreaterThan(2_000_000); // more than a socket holds
    const bigId = await upload(rig, big);
    const viewer = await openViewer(rig, await grantFor(bigId, { linkId: 'cut' }));
    const slow = await rig.open('GET', viewer.url('video.mp4'), { open: true });
    slow.on('error', () => undefined);
    const cut = new Promise<void>((resolve) => slow.once('close', () => resolve()));
    await new Promise((resolve) => slow.once('readable', resolve)); // and no more: the server has to wait
    const started = performance.now();
    const target = { serverId: 'server-1', videoId: bigId, linkId: 'cut', epoch: 1 };
    rig.host.publish('links', { type: 'link.changed', ...target, revoked: true });
    await eventually(async () => (await viewer.get('video.mp4')).status === 410);
    slow.resume();
    await cut;
    expect(slow.complete).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
