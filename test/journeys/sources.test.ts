import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Server } from '@ptsdly/contract';
import { sources } from '@ptsdly/packager/testing/sources';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { playThrough } from '../hls.ts';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

/** Other containers and codecs, through the whole product: uploaded, played, and each segment decoded. */

let product: Product;
let owner: Person;
let server: Server;
beforeAll(async () => {
  product = await startProduct();
  owner = new Person(product.url);
  await owner.signUp();
  server = await owner.subscribe();
});
afterAll(() => product?.stop());

async function upload(file: string) {
  const bytes = await readFile(file);
  const created = await createUpload(owner, server, basename(file), bytes.length);
  expect((await patch(owner, created, 0, bytes)).status).toBe(204);
  return owner.settled(server, created.videoId);
}

test.each([
  'fragmented MP4',
  'H.264 and AAC in Matroska',
  'H.264 and AAC in a transport stream',
  'VP9 and Opus in WebM',
  'AV1 and Opus in MP4',
] as const)('%s plays as it is', async (name) => {
  const file = await sources[name]();
  const video = await upload(file);
  expect(video.failure).toBeNull();
  const play = await owner.media(server).playOwn({ params: { id: video.id } });
  await playThrough(new URL(play.hlsUrl, product.url), file);
});

test('sound that browsers refuse is made into sound that they take', { timeout: 60_000 }, async () => {
  const video = await upload(await sources['AC-3 in Matroska']());
  expect(video).toMatchObject({ playable: true, failure: null });
  const params = { id: video.id };
  const media = owner.media(server);
  await until(
    async () => (await media.listJobs({ params })).items.filter(({ kind }) => kind === 'audio'),
    ([job]) => job?.state === 'done',
    ([job]) => `the sound is ${job?.state} ${job?.failure?.detail}`,
  );
  const play = await media.playOwn({ params });
  expect(play.pending).toEqual([]);
  expect(play.tracks.filter(({ kind }) => kind === 'audio')).toMatchObject([{ codec: 'mp4a.40.2' }]);
  const listed = await owner.fetch(play.hlsUrl.replace('master', 'c0'));
  expect(await listed.text()).toContain('c0/0.m4s');
});
