import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, libraryApi } from '@ptsdly/contract';
import { reach } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasFfmpeg, makeClip, probeFrames } from '../testing/fixtures.ts';
import { type FakeS3, startFakeS3 } from '../testing/s3.ts';
import { BASE, eventually, openRig, type Rig } from '../testing/server.ts';
import { sources } from '../testing/sources.ts';
import { upload } from '../testing/tus-calls.ts';
import { Viewer } from '../testing/viewer.ts';

/** A media server whose objects belong into S3. */

const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };
let fake: FakeS3;
let rig: Rig;
beforeEach(async () => {
  fake = await startFakeS3();
  rig = await openRig({ storageUrl: fake.url, storageKeys: keys });
});
afterEach(async () => {
  await rig.close();
  await fake.close();
});

const moved = (id: string, name = 'original') =>
  eventually(
    () => fake.objects.has(`tenant/${id}/${name}`) && !existsSync(join(rig.folder, 'objects', id, name)),
  );
const allMoved = (id: string) =>
  eventually(() => {
    const folder = join(rig.folder, 'objects', id);
    return !existsSync(folder) || readdirSync(folder).length === 0;
  });
const atRest = (id: string) =>
  eventually(async () => (await rig.client.getVideo({ params: { id } })).processing === 'none');
const download = (id: string) => rig.call('GET', `/videos/${id}/original`);

describe.skipIf(!hasFfmpeg)('playing', () => {
  it('costs one range request a segment, and none for the sound beside it', async () => {
    const id = await upload(rig, makeClip({ duration: 12 }));
    const play = async () => new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    const before = await (await play()).get('v0/0.m4s');
    await moved(id);
    await moved(id, 'index');
    await rig.restart();
    const viewer = await play();
    await atRest(id); // pictures for the storyboard are read from the same original
    await allMoved(id);
    const { segments } = await viewer.listing();
    expect(segments.length).toBeGreaterThan(1);
    fake.requests.length = 0;
    fake.ranges.length = 0;
    for (const [i, segment] of segments.entries()) {
      const piece = await viewer.get(segment);
      expect(piece.status).toBe(200);
      expect(fake.ranges).toHaveLength(i + 1);
      if (i === 0) expect(piece.body.equals(before.body)).toBe(true);
    }
    for (const sound of (await viewer.listing('a0')).segments) {
      const ranges = fake.ranges.length;
      expect((await viewer.get(sound)).status).toBe(200);
      expect(fake.ranges.length - ranges).toBeLessThanOrEqual(1);
    }
    // the poster of the card for links may be looked for at the same time
    const forPieces = fake.requests.filter((request) => request !== 'HEAD object');
    expect(new Set(forPieces)).toEqual(new Set(['GET object']));
  });

  it('answers 503 with Retry-After while the store is away, takes uploads, and recovers by itself', async () => {
    const clip = makeClip({ duration: 4 });
    const id = await upload(rig, clip);
    await moved(id);
    await eventually(async () => (await rig.client.getVideo({ params: { id } })).sha256 ?? false);
    await fake.down();
    const viewer = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    const refused = await viewer.get('v0/0.m4s');
    expect([refused.status, refused.problem().code, refused.headers['retry-after']]).toEqual([
      503,
      'unavailable',
      '5',
    ]);
    expect((await download(id)).status).toBe(503);
    const other = await upload(rig, clip);
    const meanwhile = new Viewer(rig, await rig.client.playOwn({ params: { id: other } }));
    expect((await meanwhile.get('v0/0.m4s')).status).toBe(200);
    await fake.up();
    expect((await viewer.get('v0/0.m4s')).status).toBe(200);
    await moved(other);
    expect((await download(other)).body.equals(clip)).toBe(true);
  });

  it('plays on without its local folder: the index comes back from the store, or is made again', async () => {
    const clip = makeClip({ duration: 4 });
    const id = await upload(rig, clip);
    await moved(id);
    await moved(id, 'index');
    await rm(join(rig.folder, 'cache'), { recursive: true });
    await rig.restart();
    const first = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    expect((await first.get('v0/0.m4s')).status).toBe(200);
    await rm(join(rig.folder, 'cache'), { recursive: true });
    fake.objects.delete(`tenant/${id}/index`);
    await rig.restart();
    const second = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    expect((await second.get('v0/0.m4s')).status).toBe(200);
    await moved(id, 'index');
  });
});

describe.skipIf(!hasFfmpeg)('what is made of an original', () => {
  it('goes to S3 as well, and is seen and played from there', { timeout: 120_000 }, async () => {
    await rig.close();
    rig = await openRig({ storageUrl: fake.url, storageKeys: keys }, { converts: true });
    const id = await upload(rig, sources['MPEG-2 in a transport stream']());
    await eventually(async () => {
      const { items } = await rig.client.listJobs({ params: { id } });
      return items.length > 0 && items.every(({ state }) => state === 'done');
    }, 90);
    const { items } = await rig.client.listJobs({ params: { id } });
    const height = items.find(({ kind }) => kind === 'rendition')?.height;
    for (const name of [`v${height}`, `v${height}-index`, 'poster', 'storyboard', 'storyboard-1']) {
      await moved(id, name);
    }
    await rm(join(rig.folder, 'cache'), { recursive: true });
    await rig.restart();
    const viewer = new Viewer(rig, await rig.client.playOwn({ params: { id } }));
    const track = viewer.play.tracks.find(({ kind }) => kind === 'video');
    const { segments } = await viewer.listing(track?.id);
    const init = (await viewer.get(`${track?.id}/init.mp4`)).body;
    for (const segment of segments) {
      const { firstIsKey } = probeFrames(Buffer.concat([init, (await viewer.get(segment)).body]));
      expect(firstIsKey).toBe(true);
    }
    const poster = await viewer.get('poster.jpg');
    expect(poster.body.equals(fake.objects.get(`tenant/${id}/poster`) ?? Buffer.alloc(0))).toBe(true);
    expect((await viewer.get('storyboard/list.vtt')).body.toString()).toContain('sheet-1.jpg');
    await rig.client.deleteVideo({ params: { id } });
    await eventually(() => fake.objects.size === 0);
  });
});

it('lets its owner read a stretch of the original from the store, and that stretch alone', async () => {
  const bytes = randomBytes(9_000_000);
  const id = await upload(rig, bytes, 'noise.bin');
  const { fetch: send, baseUrl } = reach(`unix:${rig.socketPath}`);
  const headers = async () => ({ authorization: `Bearer ${await rig.host.token()}` });
  const client = createClient(libraryApi, { fetch: send, baseUrl: baseUrl + BASE, headers });
  const direct = (start: number, end: number) => client.directRead({ params: { id }, body: { start, end } });
  await moved(id);
  const read = await direct(1000, 5000);
  const answer = await fetch(read.url, { headers: read.headers });
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(1000, 5000))).toBe(true);
  expect(new URL(read.url).searchParams.get('X-Amz-SignedHeaders')).toBe('host;range');
  expect(Date.parse(read.expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
  await expect(direct(8_999_000, 9_000_001)).rejects.toMatchObject({ code: 'invalid_fields' });
  await expect(direct(0, 16 * 1024 * 1024 + 1)).rejects.toMatchObject({ code: 'invalid_fields' });
  await expect(direct(5, 5)).rejects.toMatchObject({ code: 'invalid_fields' });
  await client.bulk({ body: { ids: [id], action: { do: 'trash' } } });
  await expect(direct(0, 1)).rejects.toMatchObject({ code: 'video_trashed' });
});

it('gives back what was uploaded, whole and in parts, and forgets what is deleted', async () => {
  const bytes = randomBytes(20_000_000);
  const id = await upload(rig, bytes, 'noise.bin');
  await moved(id);
  expect((await download(id)).body.equals(bytes)).toBe(true);
  const part = await rig.call('GET', `/videos/${id}/original`, {
    headers: { range: 'bytes=9000000-9000099' },
  });
  expect(part.body.equals(bytes.subarray(9_000_000, 9_000_100))).toBe(true);
  await rig.client.deleteVideo({ params: { id } });
  await eventually(() => fake.objects.size === 0);
  expect(await eventually(() => rig.host.usage.at(-1) === 0)).toBe(true);
});

it('removes at the next start what it could not remove while the store was away', async () => {
  const id = await upload(rig, randomBytes(1000), 'noise.bin');
  await moved(id);
  await fake.down();
  await rig.client.deleteVideo({ params: { id } });
  const restarted = rig.restart();
  await fake.up();
  await restarted;
  await eventually(() => fake.objects.size === 0);
});
