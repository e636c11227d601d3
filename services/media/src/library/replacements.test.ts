import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, libraryApi, mediaApi } from '@ptsdly/contract';
import { reach } from '@ptsdly/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { BASE, eventually, openRig, type Rig } from '../testing/server.ts';
import { patchHeaders, TUS, upload } from '../testing/tus-calls.ts';
import { openViewer } from '../testing/viewer.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({ quotaBytes: 5_000_000 });
});
afterAll(() => rig.close());

function client() {
  const { fetch, baseUrl } = reach(`unix:${rig.socketPath}`);
  const headers = async () => ({ authorization: `Bearer ${await rig.host.token()}` });
  return createClient({ ...libraryApi, ...mediaApi }, { fetch, baseUrl: baseUrl + BASE, headers });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Announces another file for a video. */
const announce = (id: string, size: number) =>
  rig.call('POST', '/uploads', {
    headers: {
      ...TUS,
      'upload-length': String(size),
      'upload-metadata': `filename ${base64('second.mp4')},filetype ${base64('video/mp4')},replaces ${base64(id)}`,
    },
  });

async function send(id: string, bytes: Uint8Array): Promise<void> {
  const { headers } = await announce(id, bytes.length);
  expect(headers['x-video-id']).toBe(id);
  const path = String(headers.location).slice(BASE.length);
  const answer = await rig.call('PATCH', path, { headers: patchHeaders(0), body: bytes });
  expect(answer.status).toBe(204);
}

const get = (id: string) => rig.client.getVideo({ params: { id } });
const playable = (id: string) => eventually(async () => (await get(id)).playable);
const having = (id: string, bytes: Uint8Array) =>
  eventually(async () => {
    const video = await get(id);
    return video.sha256 === sha256(bytes) && video;
  });
const details = (id: string) => client().videoDetails({ params: { id } });
const download = async (id: string) => (await rig.call('GET', `/videos/${id}/original`)).body;
const objects = async () => (await readdir(join(rig.folder, 'objects'), { recursive: true })).sort();

describe.runIf(hasFfmpeg)('a file that replaces another', () => {
  it('takes its place when it is whole and readable; links, words and place stay; it can be undone', async () => {
    const [first, second] = [makeClip({ duration: 3 }), makeClip({ duration: 5, audio: false })];
    const id = await upload(rig, first);
    await playable(id);
    await rig.client.updateVideo({ params: { id }, body: { title: '제목', tags: ['바다'] } });
    await client().putPosition({ params: { id }, body: { at: 2 } });
    const viewer = await openViewer(rig, await rig.host.grant({ videoId: id }));
    expect((await viewer.get('v0/0.m4s')).status).toBe(200);
    const events = await rig.open('GET', viewer.url('events'), { open: true });
    let heard = '';
    events.on('data', (chunk: Buffer) => {
      heard += chunk;
    });

    const { headers } = await announce(id, second.length);
    const path = String(headers.location).slice(BASE.length);
    const half = second.subarray(0, second.length / 2);
    await rig.call('PATCH', path, { headers: patchHeaders(0), body: half });
    expect((await details(id)).replacement).toMatchObject({
      fileName: 'second.mp4',
      receivedBytes: half.length,
    });
    expect((await viewer.get('v0/1.m4s')).status).toBe(200);
    expect(sha256(await download(id))).toBe(sha256(first));
    const rest = second.subarray(half.length);
    await rig.call('PATCH', path, { headers: patchHeaders(half.length), body: rest });

    const video = await having(id, second);
    expect(video).toMatchObject({ title: '제목', tags: ['바다'], fileName: 'second.mp4', playable: true });
    expect(video.duration).toBeCloseTo(5, 0);
    expect(sha256(await download(id))).toBe(sha256(second));
    await eventually(() => heard.includes('event: replaced'));
    expect((await viewer.get('v0/0.m4s')).problem().code).toBe('session_ended');
    const again = await openViewer(rig, await rig.host.grant({ videoId: id }));
    expect((await again.get('v0/1.m4s')).status).toBe(200);
    expect((await rig.client.listVideos({})).items).toHaveLength(1);
    expect(await client().sameFile({ body: { sizeBytes: first.length } })).toMatchObject({ sameSize: 0 });
    const summary = await client().librarySummary({});
    expect(summary.videos).toEqual({ count: 1, bytes: second.length });
    expect(summary.usedBytes).toBe(first.length + second.length);

    await rig.restart();
    expect((await details(id)).former).toMatchObject({ sha256: sha256(first), sizeBytes: first.length });
    const back = await client().restoreFile({ params: { id } });
    expect(back).toMatchObject({ sha256: sha256(first), fileName: 'clip.mp4', title: '제목' });
    expect((await viewer.get('v0/0.m4s')).status).toBe(200); // it is the file that this session began with
    expect((await again.get('v0/0.m4s')).problem().code).toBe('session_ended');
    await client().discardFormerFile({ params: { id } });
    expect(sha256(await download(id))).toBe(sha256(first));
    expect((await client().librarySummary({})).usedBytes).toBe(first.length);
    await client().deleteVideo({ params: { id } });
    expect(await objects()).toEqual([]);
  });

  it('that nobody can read changes nothing, and gives way to the next one', async () => {
    const first = makeClip({ duration: 2 });
    const id = await upload(rig, first);
    await playable(id);
    await send(id, Buffer.alloc(5000, 'x'));
    const failed = await eventually(async () => (await details(id)).replacement?.failure ?? undefined);
    expect(failed.code).toBe('not_media');
    expect(await get(id)).toMatchObject({ sha256: sha256(first), playable: true });
    const third = makeClip({ duration: 4, audio: false });
    await send(id, third);
    await having(id, third);
    expect((await details(id)).replacement).toBeNull();
    const fourth = makeClip({ duration: 6, audio: false });
    await send(id, fourth);
    await having(id, fourth);
    await eventually(async () => (await details(id)).former?.sha256 === sha256(third));
    const kept = third.length + fourth.length; // one former file, not two
    await eventually(async () => (await client().librarySummary({})).usedBytes === kept);
    await client().deleteVideo({ params: { id } });
    expect(await objects()).toEqual([]);
    expect(await client().librarySummary({})).toMatchObject({ usedBytes: 0 });
  });
});

describe('another file for a video', () => {
  it('is refused where there is none, where one is arriving, and where both do not fit', async () => {
    expect((await announce('nobody', 10)).problem().code).toBe('not_found');
    const arriving = await rig.call('POST', '/uploads', { headers: { ...TUS, 'upload-length': '10' } });
    expect((await announce(String(arriving.headers['x-video-id']), 10)).problem().code).toBe('conflict');
    const id = await upload(rig, Buffer.alloc(100));
    expect((await announce(id, 4_999_950)).problem().code).toBe('quota_exceeded');
    expect((await announce(id, 1000)).status).toBe(201);
    await expect(client().restoreFile({ params: { id } })).rejects.toMatchObject({ code: 'not_found' });
    await client().discardReplacement({ params: { id } });
    expect((await details(id)).replacement).toBeNull();
  });
});
