import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, expect, test } from 'vitest';
import { playThrough } from '../hls.ts';
import { Person } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';
import { createUpload, patch, resume, sha256, uploadOffset } from '../tus.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'ptsdly-backup-'));
let product: Product | undefined;
afterAll(async () => {
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ptsdly = (data: string, ...args: string[]) =>
  run(process.execPath, ['--disable-warning=ExperimentalWarning', 'ptsdly/src/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, PTSDLY_DATA: data },
  });

test('a backup of a busy installation brings everything back that was acknowledged before it began', async () => {
  product = await startProduct();
  const [port, data] = [new URL(product.url).port, product.data];
  const owner = new Person(product.url);
  const email = await owner.signUp();
  const server = await owner.subscribe();
  const movie = await fixtures['H.264 and AAC, moov at the end']();
  const bytes = await readFile(movie);
  const upload = await createUpload(owner, server, 'before.mp4', bytes.length);
  expect((await patch(owner, upload, 0, bytes)).status).toBe(204);
  const video = await owner.settled(server, upload.videoId);
  const begun = await createUpload(owner, server, 'begun.mp4', bytes.length);
  expect((await patch(owner, begun, 0, bytes.subarray(0, 100_000))).status).toBe(204);
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId: video.id } });

  // Traffic of every kind, before, while and after.
  let busy = true;
  let done = 0;
  const failures: unknown[] = [];
  const traffic = [
    async () => {
      const more = await createUpload(owner, server, `more-${done}.mp4`, bytes.length);
      await patch(owner, more, 0, bytes);
      await owner.settled(server, more.videoId);
      await owner.media(server).deleteVideo({ params: { id: more.videoId } });
    },
    async () => void (await owner.links.createLink({ body: { serverId: server.id, videoId: video.id } })),
    async () => void (await new Person((product as Product).url).signUp()),
  ].map(async (act) => {
    while (busy) {
      await act().then(
        () => done++,
        (error: unknown) => failures.push(error),
      );
    }
  });
  await expect.poll(() => done, { timeout: 30_000 }).toBeGreaterThan(6);
  await ptsdly(data, 'backup', join(folder, 'backup'));
  const atBackup = done;
  await expect.poll(() => done, { timeout: 30_000 }).toBeGreaterThan(atBackup + 3);
  busy = false;
  await Promise.all(traffic);
  expect(failures).toEqual([]);
  await product.stop();

  // Another machine, as it were: a new folder, and nothing else.
  const restored = join(folder, 'restored');
  const { stdout } = await ptsdly(restored, 'restore', join(folder, 'backup'));
  expect(stdout).toContain('restored from');
  product = await startProduct({ env: { PTSDLY_DATA: restored, PORT: port } });
  expect((await owner.identity.me({})).email).toBe(email);
  const again = await owner.ready(server.id);
  const [played] = [await owner.media(again).playOwn({ params: { id: video.id } })];
  await playThrough(new URL(played.hlsUrl, product.url), movie);
  const original = await owner.fetch(`${again.url}/videos/${video.id}/original`);
  expect(sha256(new Uint8Array(await original.arrayBuffer()))).toBe(sha256(bytes));
  expect(await uploadOffset(owner, begun)).toBe(100_000);
  expect((await resume(owner, begun, bytes)).status).toBe(204);
  expect(await owner.settled(again, begun.videoId)).toMatchObject({ playable: true, sha256: sha256(bytes) });

  // Whatever a row says is there is there.
  const { items } = await owner.media(again).listVideos({ query: { limit: 200 } });
  for (const item of items.filter((one) => one.upload === 'complete')) {
    const copy = await owner.fetch(`${again.url}/videos/${item.id}/original`);
    expect(sha256(new Uint8Array(await copy.arrayBuffer()))).toBe(sha256(bytes));
  }

  // Links open, and revoking one of them reaches the media server, whose cursor is older than the feed.
  const friend = new Person(product.url);
  const opened = await friend.links.openLink({ params: { code: link.code }, body: {} });
  const { hlsUrl } = await friend.media(again).playGrant({ body: { grant: opened.grant } });
  expect((await friend.fetch(hlsUrl)).status).toBe(200);
  expect(await owner.links.revokeLink({ params: { id: link.id } })).toMatchObject({ stopped: true });
  expect((await friend.fetch(hlsUrl)).status).not.toBe(200);
});
