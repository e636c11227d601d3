import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moovOf } from '../testing/boxes.ts';
import { hasFfmpeg, makeClip, probeFrames } from '../testing/fixtures.ts';
import { bundleProgram, openProcessRig, type ProcessRig } from '../testing/process.ts';
import { BASE, eventually } from '../testing/server.ts';
import { announce, patchHeaders, TUS } from '../testing/tus-calls.ts';
import { openViewer } from '../testing/viewer.ts';

describe.skipIf(!hasFfmpeg)('kill -9 while a video plays and uploads', () => {
  let folder: string;
  let rig: ProcessRig;
  const video = (id: string) => rig.client.getVideo({ params: { id } });
  const offsetOf = async (id: string) =>
    Number((await rig.call('HEAD', `/uploads/${id}`, { headers: TUS })).headers['upload-offset']);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'program-'));
    const program = join(folder, 'media.mjs');
    await bundleProgram(program);
    rig = await openProcessRig(program);
    await rig.start();
  });
  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['in front', 'sent ahead'])('goes on where it was, with the movie header %s', async (place) => {
    const file = makeClip({ duration: 20, fastStart: place === 'in front' });
    const id = await announce(rig, file.length);
    if (place === 'sent ahead') {
      const answer = await rig.call('PUT', `/uploads/${id}/moov`, { body: moovOf(file).moov });
      expect(answer.status).toBe(204);
    }
    const half = Math.floor(file.length / 2);
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: file.subarray(0, half) });
    await eventually(async () => (await video(id)).playable);
    const before = await video(id);
    const viewer = await openViewer(rig, await rig.host.grant({ videoId: id }));
    const listed = await viewer.listing();
    const first = await viewer.get('v0/0.m4s');

    // in the middle of a request that brings more
    const headers = {
      ...patchHeaders(half, { 'content-length': String(file.length - half) }),
      authorization: `Bearer ${await rig.host.token()}`,
    };
    const { socketPath } = rig.config;
    const path = `${BASE}/uploads/${id}`;
    const patch = httpRequest({ socketPath, method: 'PATCH', path, headers, agent: false });
    const broken = new Promise<void>((resolve) => patch.on('error', () => resolve()));
    patch.write(file.subarray(half, half + 1000));
    await rig.kill();
    await broken;
    await rig.start();

    const again = await eventually(async () => {
      const now = await video(id);
      return now.playable && now;
    });
    expect(again.upload).toBe('receiving');
    expect(again.playableUntil).toBeGreaterThanOrEqual(before.playableUntil ?? 0);
    const relisted = await viewer.listing();
    expect(relisted.lines.slice(0, listed.lines.length)).toEqual(listed.lines);
    expect(relisted.ended).toBe(false);
    expect((await viewer.get('v0/0.m4s')).body.equals(first.body)).toBe(true);

    const offset = await offsetOf(id);
    expect(offset).toBeGreaterThanOrEqual(half);
    const rest = { headers: patchHeaders(offset), body: file.subarray(offset) };
    expect((await rig.call('PATCH', `/uploads/${id}`, rest)).status).toBe(204);
    const { segments, ended } = await viewer.listing();
    expect(ended).toBe(true);
    const init = (await viewer.get('v0/init.mp4')).body;
    let frames = 0;
    for (const piece of segments) {
      const { status, body } = await viewer.get(piece);
      expect(status).toBe(200);
      frames += probeFrames(Buffer.concat([init, body])).frames;
    }
    expect(frames).toBe(500);
  });

  it('asks for the first session before recovery has come to its video', async () => {
    const file = makeClip({ duration: 10, fastStart: true });
    const id = await announce(rig, file.length);
    const most = file.length - 1000;
    await rig.call('PATCH', `/uploads/${id}`, { headers: patchHeaders(0), body: file.subarray(0, most) });
    await eventually(async () => (await video(id)).playable);
    const viewer = await openViewer(rig, await rig.host.grant({ videoId: id }));
    await rig.kill();
    await rig.start();
    expect((await viewer.get('v0/0.m4s')).status).toBe(200);
  });
});
