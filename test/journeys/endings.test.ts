import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '@ptsdly/contract';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, password, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

/** What ends in one service ends in all of them: the facts travel as events. */

let product: Product;
let movie: Uint8Array;
beforeAll(async () => {
  product = await startProduct();
  movie = await readFile(await fixtures['no sound']());
});
afterAll(() => product.stop());

async function ownerWithVideo(): Promise<{ owner: Person; server: Server; videoId: string }> {
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const upload = await createUpload(owner, server, 'film.mp4', movie.length);
  await patch(owner, upload, 0, movie);
  await owner.settled(server, upload.videoId);
  return { owner, server, videoId: upload.videoId };
}

const statusBecomes = (path: string, status: number) =>
  until(
    async () => (await new Person(product.url).fetch(path)).status,
    (now) => now === status,
    (now) => `${path.slice(0, 3)}… answers ${now}`,
  );

test('deleting a video ends its links and what plays', async () => {
  const { owner, server, videoId } = await ownerWithVideo();
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId } });
  const friend = new Person(product.url);
  const { grant } = await friend.links.openLink({ params: { code: link.code }, body: {} });
  const play = await friend.media(server).playGrant({ body: { grant } });
  await owner.media(server).deleteVideo({ params: { id: videoId } });
  expect((await friend.fetch(play.hlsUrl)).status).toBe(410);
  await statusBecomes(new URL(link.url).pathname, 410);
  await until(
    () => owner.subscriptions.getServer({ params: { id: server.id } }),
    ({ usedBytes }) => usedBytes === 0,
    ({ usedBytes }) => `${usedBytes} bytes are still counted`,
  );
});

test('signing out ends the owner’s own play sessions within seconds', async () => {
  const { owner, server, videoId } = await ownerWithVideo();
  const play = await owner.media(server).playOwn({ params: { id: videoId } });
  expect((await new Person(product.url).fetch(play.hlsUrl)).status).toBe(200);
  await owner.identity.signOut({});
  await statusBecomes(play.hlsUrl, 410);
});

test('deleting the account leaves no server, no folder and no link', async () => {
  const { owner, server, videoId } = await ownerWithVideo();
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId } });
  const folder = readdirSync(join(product.data, 'servers')).find((name) => name.includes(server.id));
  expect(folder).toBeDefined();
  await expect(owner.identity.deleteMe({ body: { password: 'wrong password' } })).rejects.toMatchObject({
    code: 'invalid_credentials',
  });
  const { receiptUrl } = await owner.identity.deleteMe({ body: { password } });
  await expect(owner.identity.me({})).rejects.toMatchObject({ code: 'unauthenticated' });
  await statusBecomes(new URL(link.url).pathname, 410);
  await until(
    async () => existsSync(join(product.data, 'servers', folder ?? '')),
    (exists) => !exists,
    () => 'the folder of the server is still there',
  );
  const secret = new URL(receiptUrl, product.url).hash.replace('#token=', '');
  const receipt = await until(
    () => new Person(product.url).identity.receipt({ params: { secret } }),
    ({ isComplete }) => isComplete,
    ({ removed }) => `only ${removed.map(({ service }) => service)} have said what they removed`,
  );
  const counts = Object.fromEntries(receipt.removed.map((one) => [one.service, one.counts]));
  expect(counts).toMatchObject({
    subscriptions: { servers: 1 },
    links: { links: 1 },
    identity: { account: 1 },
  });
});

test('canceling stops the server, and a new subscription makes a new one', async () => {
  const { owner, server } = await ownerWithVideo();
  const [subscription] = (await owner.subscriptions.listSubscriptions({})).items;
  await owner.subscriptions.cancel({ params: { id: subscription?.id ?? '' } });
  const stopped = await owner.fetch(`${server.url}/videos`);
  expect(stopped.status).toBe(503);
  const next = await owner.subscribe();
  expect(next.id).not.toBe(server.id);
  expect((await owner.media(next).listVideos({})).items).toEqual([]);
});
