import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ProblemCode, Server } from '@ptsdly/contract';
import { problems } from '@ptsdly/contract';
import { fixtures } from '@ptsdly/packager/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, password } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, createUploadResponse, patch } from '../tus.ts';

/** Each wrong input gets its status and its code, and the product stays up: other videos keep playing. */

let product: Product;
let owner: Person;
let server: Server;
let movie: Uint8Array;
let goodVideo: string;

beforeAll(async () => {
  product = await startProduct();
  owner = new Person(product.url);
  await owner.signUp();
  server = await owner.subscribe();
  movie = await readFile(await fixtures['H.264 and AAC, moov at the end']());
  goodVideo = await upload('good.mp4', movie);
}, 120_000);

afterAll(async () => {
  // Whatever came before: the other video still plays.
  const play = await owner.media(server).playOwn({ params: { id: goodVideo } });
  expect((await owner.fetch(play.hlsUrl)).status).toBe(200);
  await product.stop();
});

async function upload(name: string, bytes: Uint8Array): Promise<string> {
  const created = await createUpload(owner, server, name, bytes.length);
  expect((await patch(owner, created, 0, bytes)).status).toBe(204);
  return created.videoId;
}

async function expectProblem(response: Response, code: ProblemCode): Promise<void> {
  const body = await response.text();
  expect(response.headers.get('content-type'), body).toBe('application/problem+json');
  expect(JSON.parse(body)).toMatchObject({ code, status: problems[code][0] });
  expect(response.status).toBe(problems[code][0]);
}

const send = (method: string, path: string, body: string, type = 'application/json') =>
  owner.fetch(path, { method, body, headers: { 'content-type': type } });

test('sign-up with a taken e-mail, a weak password, an odd address', async () => {
  const email = await new Person(product.url).signUp();
  const signUp = (fields: object) =>
    new Person(product.url).fetch('/api/auth/sign-up/email', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Lee', email, password, ...fields }),
    });
  await expectProblem(await signUp({}), 'email_taken');
  await expectProblem(await signUp({ email: `new-${email}`, password: 'short' }), 'weak_password');
  await expectProblem(await signUp({ email: 'not an address' }), 'invalid_fields');
  const wrong = { email, password: 'something else entirely' };
  await expect(new Person(product.url).identity.signIn({ body: wrong })).rejects.toMatchObject({
    code: 'invalid_credentials',
  });
});

test('a second subscription', async () => {
  const body = JSON.stringify({ planId: (await owner.subscriptions.plans({})).items[0]?.id });
  await expectProblem(await send('POST', '/api/subscriptions', body), 'already_subscribed');
});

test('JSON that is not JSON, too large, or of another type', async () => {
  await expectProblem(await send('PATCH', '/api/me', '{nope'), 'invalid_json');
  await expectProblem(
    await send('PATCH', '/api/me', JSON.stringify({ name: 'x'.repeat(100_000) })),
    'body_too_large',
  );
  await expectProblem(await send('PATCH', '/api/me', 'name=x', 'text/plain'), 'unsupported_media_type');
  await expectProblem(await send('PATCH', '/api/me', '{"name":""}'), 'invalid_fields');
});

test('an upload over the quota is refused before its bytes, an empty one too', async () => {
  await expectProblem(
    await createUploadResponse(owner, server, 'huge.mp4', server.quotaBytes + 1),
    'quota_exceeded',
  );
  await expectProblem(await createUploadResponse(owner, server, 'empty.mp4', 0), 'invalid_fields');
});

test.each([
  ['a text file named .mp4', () => Buffer.from('hello '.repeat(1000)), 'not_media'],
  ['random bytes', () => randomBytes(50_000), 'not_media'],
  ['a truncated movie', () => movie.subarray(0, Math.floor(movie.length * 0.6)), 'truncated'],
  ['a sample table that claims 2^31 samples', () => claimSamples(movie, 2 ** 31), undefined],
])('%s can be downloaded but not played, and says why', async (_, make, code) => {
  const bytes = make();
  const video = await owner.settled(server, await upload('bad.mp4', bytes));
  expect(video.playable).toBe(false);
  expect(video.failure?.detail).toMatch(/\w+ \w+/);
  if (code) expect(video.failure?.code).toBe(code);
  await expect(owner.media(server).playOwn({ params: { id: video.id } })).rejects.toMatchObject({
    code: 'not_playable',
  });
  const original = await owner.fetch(`${server.url}/videos/${video.id}/original`);
  expect(Buffer.from(await original.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
});

test('a range past the end', async () => {
  const response = await owner.fetch(`${server.url}/videos/${goodVideo}/original`, {
    headers: { range: `bytes=${movie.length}-` },
  });
  expect(response.headers.get('content-range')).toBe(`bytes */${movie.length}`);
  await expectProblem(response, 'range_not_satisfiable');
});

test('what belongs to somebody else looks like what does not exist', async () => {
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId: goodVideo } });
  const stranger = new Person(product.url);
  await stranger.signUp('Stranger');
  const paths = [
    `/api/servers/${server.id}`,
    `/api/links/${link.id}`,
    `${server.url}/videos`,
    `${server.url}/videos/${goodVideo}`,
    `${server.url}/videos/${goodVideo}/original`,
    '/api/servers/unknown',
    '/api/links/unknown',
    '/m/unknown/videos',
    `${server.url}/videos/unknown`,
  ];
  for (const path of paths) await expectProblem(await stranger.fetch(path), 'not_found');
  await expect(
    stranger.links.createLink({ body: { serverId: server.id, videoId: goodVideo } }),
  ).rejects.toMatchObject({ code: 'not_found' });
  await expect(
    owner.links.createLink({ body: { serverId: server.id, videoId: 'unknown' } }),
  ).rejects.toMatchObject({ code: 'not_found' });
});

test('without a token: 401, but for what is open', async () => {
  const nobody = new Person(product.url);
  for (const path of ['/api/me', '/api/servers', '/api/links', `${server.url}/videos`]) {
    await expectProblem(await nobody.fetch(path), 'unauthenticated');
  }
});

test('unknown codes and paths', async () => {
  await expectProblem(await owner.fetch('/zzzzzzzzzzzz'), 'not_found');
  await expectProblem(await owner.fetch('/short'), 'not_found');
  await expectProblem(await owner.fetch('/api/nothing'), 'not_found');
  await expectProblem(await send('POST', '/api/links/zzzzzzzzzzzz/open', '{}'), 'not_found');
});

test('a forged grant, a token in its place, and a forged session', async () => {
  await expectProblem(await send('POST', `${server.url}/play`, '{"grant":"nonsense"}'), 'grant_invalid');
  const play = await owner.media(server).playOwn({ params: { id: goodVideo } });
  await expectProblem(
    await send('POST', `${server.url}/play`, JSON.stringify({ grant: play.session })),
    'grant_invalid',
  );
  const forged = play.hlsUrl.replace(play.session, `${play.session.slice(0, -4)}AAAA`);
  await expectProblem(await owner.fetch(forged), 'session_invalid');
});

test('a grant for another server is worth nothing here', async () => {
  const other = new Person(product.url);
  await other.signUp('Other');
  const otherServer = await other.subscribe();
  const link = await owner.links.createLink({ body: { serverId: server.id, videoId: goodVideo } });
  const { grant } = await other.links.openLink({ params: { code: link.code }, body: {} });
  await expect(other.media(otherServer).playGrant({ body: { grant } })).rejects.toMatchObject({
    code: 'grant_invalid',
  });
});

/** The movie with the sample count of its first `stsz` box replaced. */
function claimSamples(bytes: Uint8Array, count: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf('stsz');
  copy.writeUInt32BE(count, at + 12);
  return copy;
}
