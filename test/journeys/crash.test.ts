import { readFile } from 'node:fs/promises';
import { fixtures } from '@ptsdly/packager/testing';
import { afterEach, expect, test } from 'vitest';
import { mediaProcesses } from '../media-processes.ts';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch, sha256, uploadOffset } from '../tus.ts';

/** kill -9 at awkward moments: what was acknowledged is there, and everything goes on by itself. */

let product: Product | undefined;
afterEach(async () => {
  await product?.stop();
  product = undefined;
});

test('the media server dies in the middle of an upload', async () => {
  product = await startProduct();
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const movie = await readFile(await fixtures['moov in front']());
  const half = Math.floor(movie.length / 2);
  const upload = await createUpload(owner, server, 'film.mp4', movie.length);
  expect((await patch(owner, upload, 0, movie.subarray(0, half))).status).toBe(204);
  for (const pid of mediaProcesses(product.data)) process.kill(pid, 'SIGKILL');
  const offset = await until(
    () => uploadOffset(owner, upload).catch(() => -1),
    (at) => at >= 0,
    () => 'the media server did not come back',
  );
  expect(offset).toBe(half);
  expect((await patch(owner, upload, half, movie.subarray(half))).status).toBe(204);
  const video = await owner.settled(server, upload.videoId);
  expect(video).toMatchObject({ playable: true, sha256: sha256(movie) });
  expect((await owner.media(server).listVideos({})).items).toHaveLength(1);
});

test('everything dies at once: accounts, servers, videos and links are still there', async () => {
  product = await startProduct();
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const movie = await readFile(await fixtures['no sound']());
  const upload = await createUpload(owner, server, 'film.mp4', movie.length);
  await patch(owner, upload, 0, movie);
  await owner.settled(server, upload.videoId);
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId: upload.videoId } });
  const friend = new Person(product.url);
  const { grant } = await friend.links.openLink({ params: { code: link.code }, body: {} });
  const play = await friend.media(server).playGrant({ body: { grant } });

  await product.crash('all');
  await owner.ready(server.id);
  expect(mediaProcesses(product.data)).toHaveLength(1);
  // The friend's session outlives the restart, and the link can still be revoked.
  await until(
    async () => (await friend.fetch(play.hlsUrl)).status,
    (status) => status === 200,
    (status) => `the session answers ${status}`,
  );
  await owner.links.revokeLink({ params: { id: link.id } });
  expect((await friend.fetch(play.hlsUrl)).status).toBe(410);
});

test('links dies alone after a revocation: nothing is served again', async () => {
  product = await startProduct({ topology: 'every service apart' });
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const movie = await readFile(await fixtures['no sound']());
  const upload = await createUpload(owner, server, 'film.mp4', movie.length);
  await patch(owner, upload, 0, movie);
  await owner.settled(server, upload.videoId);
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId: upload.videoId } });
  const friend = new Person(product.url);
  const { grant } = await friend.links.openLink({ params: { code: link.code }, body: {} });
  await owner.links.revokeLink({ params: { id: link.id } });
  await product.crash('links');
  // A grant from before the revocation is worth nothing after it.
  const refused = friend.media(server).playGrant({ body: { grant } });
  await expect(refused).rejects.toMatchObject({ code: 'session_ended' });
  expect((await friend.fetch(new URL(link.url).pathname)).status).toBe(410);
});
