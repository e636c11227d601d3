import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { bundleProgram, openProcessRig, type ProcessRig } from '@ptsdly/media/testing/process';
import { startFakeS3 } from '@ptsdly/media/testing/s3';
import { describeStorage, openRemote, openStorage } from '@ptsdly/media/testing/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../person.ts';
import { sha256 } from '../tus.ts';
import { type Radosgw, startRadosgw } from './radosgw.ts';

/** Remote storage on a real S3 store, and moves that are killed on the way. */

const OBJECTS = 1000;

let s3: Radosgw;
let folder: string;
let program: string;
beforeAll(async () => {
  s3 = await startRadosgw();
  folder = await mkdtemp(join(tmpdir(), 'storage-lab-'));
  program = join(folder, 'media.mjs');
  await bundleProgram(program);
}, 300_000);
afterAll(async () => {
  await s3?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function collect(names: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const name of names) all.push(name);
  return all;
}

const at = (prefix: string) => s3.url.replace('?', `/${prefix}?`);

describeStorage('s3: on radosgw', async () => openRemote(at('alone'), { keys: s3.keys, log: silentLog }));
describeStorage('s3: on radosgw, behind the local disk', (own) =>
  openStorage({ url: at('tiered'), keys: s3.keys, folder: own, log: silentLog }),
);

test('a presigned read gives its own stretch and no other', async () => {
  const storage = await openRemote(at('signed'), { keys: s3.keys, log: silentLog });
  const bytes = randomBytes(100_000);
  const path = join(folder, 'signed');
  await writeFile(path, bytes);
  await storage.put('video/original', path);
  const { url, headers } = await storage.presign('video/original', 100, 5000);
  const own = await fetch(url, { headers });
  expect(own.status).toBe(206);
  expect(Buffer.from(await own.arrayBuffer()).equals(bytes.subarray(100, 5000))).toBe(true);
  for (const other of [{}, { range: 'bytes=0-99999' }, { range: 'bytes=100-5000' }]) {
    expect((await fetch(url, { headers: other as Record<string, string> })).status).toBe(403);
  }
  await storage.close();
});

test('a large object goes in parts, and comes back the same', async () => {
  const storage = await openRemote(at('large'), { keys: s3.keys, log: silentLog });
  const bytes = randomBytes(50_000_000);
  const path = join(folder, 'large');
  await writeFile(path, bytes);
  await storage.put('v/original', path);
  await storage.copyOut('v/original', path);
  expect(sha256(bytes)).toBe(sha256(await readFile(path)));
  await storage.close();
});

describe(`a move of ${OBJECTS} objects, killed on the way`, () => {
  let rig: ProcessRig;
  const names = Array.from({ length: OBJECTS }, (_, i) => `video-${i}`);
  const contentOf = (name: string) => Buffer.from(`${name} `.repeat(200));
  const objects = () => join(rig.folder, 'objects');
  /** A folder a video, as long as something of it is here. */
  const here = async () => (await readdir(objects())).length;
  const insert = async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(rig.folder, 'media.db'));
    const columns = db.prepare('pragma table_info(videos)').all() as {
      name: string;
      type: string;
      notnull: number;
    }[];
    for (const id of names) {
      const known: Record<string, string | number | null> = {
        id,
        file_id: id,
        title: id,
        upload: 'complete',
        sha256: 'x',
      };
      known.size_bytes = contentOf(id).length;
      known.processing = 'none';
      known.created_at = new Date().toISOString();
      const values = columns.map(({ name, type, notnull }) => {
        if (name in known) return known[name] ?? null;
        return notnull ? (/char|text/i.test(type) ? '' : 0) : null;
      });
      db.prepare(`insert into videos values (${columns.map(() => '?').join()})`).run(...values);
    }
    db.close();
  };
  const original = async (id: string) => (await rig.call('GET', `/videos/${id}/original`)).body;
  const restart = async (change: object) => {
    await rig.kill();
    await writeFile(join(rig.folder, 'config.json'), JSON.stringify({ ...rig.config, ...change }));
    await rig.start();
  };

  beforeAll(async () => {
    rig = await openProcessRig(program, { logLevel: 'info' });
    await rig.start();
    await rig.kill();
    await insert();
    for (const name of names) {
      await mkdir(join(objects(), name), { recursive: true });
      await writeFile(join(objects(), name, 'original'), contentOf(name));
    }
  });
  afterAll(() => rig?.close());

  test('out to S3 and home again, with nothing lost and nothing left', { timeout: 280_000 }, async () => {
    const there = at('moved');
    const outward = { storageUrl: there, formerStorageUrl: rig.config.storageUrl, storageKeys: s3.keys };
    await restart(outward);
    await until(
      here,
      (left) => left < OBJECTS * 0.6,
      (left) => `${left} are left`,
      120,
    );
    await restart(outward); // killed in the middle
    expect((await original('video-7')).equals(contentOf('video-7'))).toBe(true);
    await until(
      here,
      (left) => left === 0,
      (left) => `${left} are left`,
      120,
    );
    for (const name of ['video-0', 'video-500', 'video-999']) {
      expect((await original(name)).equals(contentOf(name))).toBe(true);
    }
    const homeward = { storageUrl: rig.config.storageUrl, formerStorageUrl: there, storageKeys: s3.keys };
    await restart(homeward);
    await until(
      here,
      (count) => count > OBJECTS * 0.4,
      (count) => `${count} are home`,
      120,
    );
    await restart(homeward);
    expect((await original('video-993')).equals(contentOf('video-993'))).toBe(true);
    const remote = await openRemote(there, { keys: s3.keys, log: silentLog });
    const left = async () => (await collect(remote.list())).length;
    await until(
      left,
      (count) => count === 0,
      (count) => `${count} are left in S3`,
      120,
    );
    await remote.close();
    expect(await here()).toBe(OBJECTS);
    for (const name of names) expect((await original(name)).equals(contentOf(name))).toBe(true);
  });
});

test('an upload survives kill -9 at every request of its way to S3, once and bit by bit', {
  timeout: 280_000,
}, async () => {
  const fake = await startFakeS3();
  const storageKeys = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const rig = await openProcessRig(program, { storageUrl: fake.url, storageKeys, logLevel: 'info' });
  const bytes = randomBytes(20_000_000);
  const TUS = { 'tus-resumable': '1.0.0' };
  try {
    for (const step of ['POST create', 'PUT part', 'POST complete', 'HEAD object', 'done'] as const) {
      await rig.start();
      const { headers } = await rig.call('POST', '/uploads', {
        headers: { ...TUS, 'upload-length': String(bytes.length) },
      });
      const id = String(headers['x-video-id']);
      const reached = fake.reached(step);
      const answer = await rig.call('PATCH', `/uploads/${id}`, {
        headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
        body: bytes,
      });
      expect(answer.status).toBe(204);
      await reached;
      await rig.kill();
      fake.release();
      await rig.start();
      const key = `tenant/${id}/original`;
      await until(
        async () =>
          fake.objects.get(key)?.equals(bytes) && !(await readdir(join(rig.folder, 'objects'))).includes(id),
        (moved) => moved === true,
        () => `after a kill at ${step} it does not come to S3`,
      );
      expect((await rig.call('GET', `/videos/${id}/original`)).body.equals(bytes)).toBe(true);
      expect((await rig.client.listVideos({})).items).toHaveLength(1);
      expect(await readdir(join(rig.folder, 'spool'))).toEqual([]);
      expect(fake.uploads.size).toBe(0);
      await rig.client.deleteVideo({ params: { id } });
      await until(
        async () => fake.objects.size,
        (size) => size === 0,
        (size) => `${size} objects are left`,
      );
      await rig.kill();
    }
  } finally {
    await rig.close();
    await fake.close();
  }
});
