import { readFile } from 'node:fs/promises';
import { Problem, type Server } from '@ptsdly/contract';
import { fixtures } from '@ptsdly/packager/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { mediaProcesses } from '../media-processes.ts';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

/** Servers that sleep, wake, and outlive their control plane. */

vi.setConfig({ testTimeout: 90_000 });

let product: Product | undefined;
afterEach(async () => {
  await product?.stop();
  product = undefined;
});

const pids = () => mediaProcesses(product?.data ?? '');

async function withVideo(started: Product): Promise<{ owner: Person; server: Server; videoId: string }> {
  const owner = new Person(started.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const movie = await readFile(await fixtures['no sound']());
  const { videoId, ...upload } = await createUpload(owner, server, 'film.mp4', movie.length);
  await patch(owner, { videoId, ...upload }, 0, movie);
  await owner.settled(server, videoId);
  return { owner, server, videoId };
}

/** As a client that heeds `Retry-After`: a busy machine may take longer to wake a server than a request is held. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt > 5 || !(error instanceof Problem) || error.code !== 'server_not_ready') throw error;
    }
  }
}

const asleep = (owner: Person, { id }: Server) =>
  until(
    () => owner.subscriptions.getServer({ params: { id } }),
    ({ state }) => state === 'asleep' && pids().length === 0,
    ({ state }) => `the server is ${state}, ${pids().length} run`,
  );

test('an idle server sleeps, tells its streams, and wakes for the first who uses it', async () => {
  product = await startProduct({ env: { PTSDLY_SLEEP_AFTER: '1' } });
  const { owner, server, videoId } = await withVideo(product);
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId } });
  const friend = new Person(product.url);
  const { grant } = await friend.links.openLink({ params: { code: link.code }, body: {} });
  const play = await friend.media(server).playGrant({ body: { grant } });
  const stream = await friend.fetch(play.eventsUrl);
  const told = stream.text();
  await asleep(owner, server);
  expect(await told).toContain('event: asleep');

  // Who only looks or listens does not wake it.
  expect((await friend.fetch(play.eventsUrl)).status).toBe(204);
  expect((await friend.fetch(play.hlsUrl, { method: 'HEAD' })).status).toBe(503);
  const bot = { 'user-agent': 'Twitterbot/1.0' };
  expect((await friend.fetch(play.hlsUrl, { headers: bot })).status).toBe(503);
  expect((await new Person(product.url).fetch(`${server.url}/videos`)).status).toBe(401);
  expect(pids()).toEqual([]);

  const begun = performance.now();
  const answers = await Promise.all([1, 2, 3].map(() => friend.fetch(play.hlsUrl)));
  if (performance.now() - begun < 5000) expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await owner.ready(server.id);
  expect((await friend.fetch(play.hlsUrl)).status).toBe(200);
  expect(pids()).toHaveLength(1);
});

test('what is written to a server that falls asleep in this moment arrives', async () => {
  product = await startProduct({ env: { PTSDLY_SLEEP_AFTER: '1' } });
  const { owner, server, videoId } = await withVideo(product);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1000 + i * 80)); // about when it asks to sleep
    const rename = () =>
      owner.media(server).updateVideo({ params: { id: videoId }, body: { title: `Film ${i}` } });
    await patiently(rename);
  }
  const video = () => owner.media(server).getVideo({ params: { id: videoId } });
  expect(await patiently(video)).toMatchObject({ title: 'Film 4' });
});

test('servers outlive a control plane that is killed; the next one goes on with them', async () => {
  product = await startProduct();
  const { owner, server, videoId } = await withVideo(product);
  const play = await owner.media(server).playOwn({ params: { id: videoId } });
  const before = pids();
  expect(before).toHaveLength(1);
  await product.crash('all');
  expect(pids()).toEqual(before);
  expect((await owner.fetch(play.hlsUrl)).status).toBe(200);
  expect(await owner.ready(server.id)).toMatchObject({ state: 'ready' });
  // Its control socket is served again: keys, feeds, news.
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId } });
  await owner.links.revokeLink({ params: { id: link.id } });
  await owner.media(server).updateVideo({ params: { id: videoId }, body: { title: 'Still here' } });
  expect(pids()).toEqual(before);
  const { data } = product;
  await product.stop();
  product = undefined;
  expect(mediaProcesses(data)).toEqual([]);
});
