import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createClient, libraryApi } from '@ptsdly/contract';
import { reach } from '@ptsdly/kit';
import { bundleProgram, openProcessRig, type ProcessRig } from '@ptsdly/media/testing/process';
import { type FakeS3, startFakeS3 } from '@ptsdly/media/testing/s3';
import { fixture } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../person.ts';
import { sha256 } from '../tus.ts';

/**
 * kill -9 before each deed of a media server, from the last byte of an upload on: while it is finished, while it goes
 * to S3, and while it takes the place of another file. The deeds are those that the program does when nobody kills it
 * (see `steps.mjs`), so a step that is new has its row by itself.
 */

const TUS = { 'tus-resumable': '1.0.0' };
const preload = pathToFileURL(fileURLToPath(new URL('steps.mjs', import.meta.url)));
const folder = join(tmpdir(), `steps-${process.pid}`);
const program = join(folder, 'media.mjs');
const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };
let clip: Buffer;
let runs = 0;

beforeAll(async () => {
  await bundleProgram(program);
  const path = await fixture('steps.mp4', [
    ...['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=3', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
  ]);
  clip = await readFile(path);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A start that notes its deeds once it is told to, and ends before one of them. */
function watched(rig: ProcessRig, kill: number): { args: string[]; deeds: () => Promise<string[]> } {
  const note = join(rig.folder, `deeds-${runs++}`);
  const url = `${preload}?note=${encodeURIComponent(note)}&kill=${kill}`;
  const deeds = async () => (await readFile(note, 'utf8').catch(() => '')).trim().split('\n').slice(1);
  return { args: ['--import', url], deeds };
}

interface Scene {
  readonly rig: ProcessRig;
  readonly s3: FakeS3 | undefined;
  /** What stands there before the upload: the video whose file it is to replace. */
  readonly replaces: string | undefined;
  readonly bytes: Buffer;
}

const library = (rig: ProcessRig) => {
  const { fetch: send, baseUrl } = reach(`unix:${rig.config.socketPath}`);
  const headers = async () => ({ authorization: `Bearer ${await rig.host.token()}` });
  return createClient(libraryApi, { fetch: send, baseUrl: baseUrl + rig.config.basePath, headers });
};

async function announce({ rig, replaces, bytes }: Scene): Promise<{ path: string; id: string }> {
  const metadata = [
    `filename ${btoa('film.mp4')}`,
    ...(replaces ? [`replaces ${btoa(replaces)}`] : []),
  ].join();
  const { headers } = await rig.call('POST', '/uploads', {
    headers: { ...TUS, 'upload-length': String(bytes.length), 'upload-metadata': metadata },
  });
  const path = String(headers.location).slice(rig.config.basePath.length);
  return { path, id: String(headers['x-video-id']) };
}

const patch = (rig: ProcessRig, path: string, offset: number, bytes: Buffer) =>
  rig.call('PATCH', path, {
    headers: { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body: bytes,
  });

/** Sends the second half under watch; the process may die of it. Resolves when it is dead, or has nothing to do. */
async function sendUnderWatch(scene: Scene, path: string, kill: number): Promise<string[]> {
  const { rig, bytes } = scene;
  const { args, deeds } = watched(rig, kill);
  await rig.start(args);
  /** Who is killed drops its connections before anybody hears of its end. */
  const died = (error: unknown) => {
    if (kill === 0) throw error;
  };
  const half = bytes.length >> 1;
  rig.child.kill('SIGUSR2');
  await until(
    async () => (await readFile(join(rig.folder, `deeds-${runs - 1}`), 'utf8').catch(() => '')).length,
    (length) => length > 0,
    () => 'it was not armed',
  );
  await patch(rig, path, half, bytes.subarray(half)).catch(died);
  let last: unknown;
  await until(
    () =>
      settled(scene).catch((error: unknown) => {
        died(error);
        last = error;
        return isGone(rig);
      }),
    Boolean,
    () => `it neither comes to rest nor ends: ${last}`,
    60,
  );
  return deeds();
}

const isGone = ({ child }: ProcessRig) => child.exitCode !== null || child.signalCode !== null;

/** Nothing is left to be done: indexed, hashed, and everything where it belongs. */
async function settled({ rig, s3 }: Scene): Promise<boolean> {
  const { items } = await rig.client.listVideos({});
  const [video] = items;
  if (!video?.playable || video.sha256 === null || video.processing === 'running') return false;
  if ((await readdir(join(rig.folder, 'spool'))).length > 0) return false;
  return s3 === undefined || (await objects(rig)).length === 0;
}

/** What must be true after every crash. */
async function expectWhole(scene: Scene, path: string, id: string): Promise<void> {
  const { rig, bytes, replaces } = scene;
  await rig.start();
  const answer = await rig.call('HEAD', path, { headers: TUS });
  const offset = Number(answer.headers['upload-offset'] ?? bytes.length);
  expect(offset, 'what was acknowledged is there').toBeGreaterThanOrEqual(bytes.length >> 1);
  if (answer.status === 200 && offset < bytes.length) {
    expect((await patch(rig, path, offset, bytes.subarray(offset))).status).toBe(204);
  }
  await until(
    async () => ((await settled(scene)) ? (await rig.client.getVideo({ params: { id } })).sha256 : null),
    (hash) => hash === sha256(bytes),
    (hash) => `after a kill it does not come to rest (${hash})`,
    60,
  );
  expect((await rig.call('GET', `/videos/${id}/original`)).body.equals(bytes)).toBe(true);
  const { items } = await rig.client.listVideos({});
  expect(items.map((video) => video.id)).toEqual([id]);
  const { usedBytes } = await library(rig).librarySummary({});
  expect(usedBytes, 'counted once').toBe(bytes.length + (replaces ? clip.length : 0));
  await rig.client.deleteVideo({ params: { id } });
  await until(
    async () => (scene.s3 ? scene.s3.objects.size : (await objects(rig)).length),
    (left) => left === 0,
    (left) => `${left} objects outlive their video`,
    60,
  );
}

/** What lies in the folders of videos, which come and go while they are looked through. */
async function objects(rig: ProcessRig): Promise<string[]> {
  const all = join(rig.folder, 'objects');
  const gone = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return [];
  };
  const within = (await readdir(all)).map((name) => readdir(join(all, name)).catch(gone));
  return (await Promise.all(within)).flat();
}

/** One life: half an upload, then the rest of it with a kill before the deed of this number; 0 for none. */
async function live(rig: ProcessRig, s3: FakeS3 | undefined, isReplacing: boolean, kill: number) {
  await rig.start();
  const bytes = Buffer.concat([clip, randomBytes(s3 ? 9_000_000 : 500_000)]); // what follows a film is passed over
  let replaces: string | undefined;
  if (isReplacing) {
    const first = { rig, s3, replaces: undefined, bytes: clip };
    const { path, id } = await announce(first);
    await patch(rig, path, 0, clip);
    await until(
      () => settled(first),
      Boolean,
      () => 'the first file does not come to rest',
      60,
    );
    replaces = id;
  }
  const scene: Scene = { rig, s3, replaces, bytes };
  const { path, id } = await announce(scene);
  expect((await patch(rig, path, 0, bytes.subarray(0, bytes.length >> 1))).status).toBe(204);
  await rig.kill();
  const deeds = await sendUnderWatch(scene, path, kill);
  await rig.kill();
  await expectWhole(scene, path, id);
  await rig.kill();
  return deeds;
}

/** All deeds with LAB_FULL; else the first and the last of each name. */
function chosen(deeds: readonly string[]): number[] {
  const all = deeds.map((_, i) => i + 1);
  if (process.env.LAB_FULL) return all;
  return all.filter((n) => deeds.indexOf(deeds[n - 1] ?? '') === n - 1 || n === deeds.length);
}

/** The way to S3 begins with all that the first one does, and the last one differs by a transaction. */
const scenes = [
  ['an upload is finished and goes to S3', true, false] as const,
  ...(process.env.LAB_FULL
    ? [
        ['an upload is finished', false, false] as const,
        ['a file takes the place of another', false, true] as const,
      ]
    : []),
];

describe.each(scenes)('while %s', (_, isRemote, isReplacing) => {
  test('kill -9 before each deed loses nothing and doubles nothing', { timeout: 900_000 }, async () => {
    const s3 = isRemote ? await startFakeS3() : undefined;
    const rig = await openProcessRig(program, {
      logLevel: 'warn',
      ...(s3 && { storageUrl: s3.url, storageKeys: keys }),
    });
    try {
      const deeds = await live(rig, s3, isReplacing, 0);
      expect(deeds).toEqual(expect.arrayContaining(['commit', 'rename to original']));
      for (const n of chosen(deeds)) {
        await live(rig, s3, isReplacing, n).catch((cause: unknown) => {
          throw new Error(`killed before deed ${n} of ${deeds.length}, ${deeds[n - 1]}`, { cause });
        });
      }
    } finally {
      await rig.close();
      await s3?.close();
    }
  });
});
