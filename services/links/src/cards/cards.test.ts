import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Card, ServerAddress } from '@ptsdly/contract';
import { openKv } from '@ptsdly/kv';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { frameAt, type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';
import { Cards } from './cards.ts';

const unframed = { embedOrigins: null, poster: null };

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

const jpeg = Buffer.concat([
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  Buffer.alloc(5000, 1),
  Buffer.from([0xff, 0xd9]),
]);
const card: Card = {
  title: '우리 집 강아지',
  duration: 61.5,
  width: 1280,
  height: 720,
  posterBase64: jpeg.toString('base64'),
};

const newLink = async (limits: object = {}) =>
  (await here.as('ann')).createLink({ body: { ...targetOf('ann'), ...limits } });
const preview = (code: string) => here.internal().preview({ params: { code } });
const put = (body: Card) => here.internal().putCard({ params: targetOf('ann'), body });
const poster = (code: string) => here.service.fetch(new Request(`http://service/watch/${code}/card.jpg`));

test('a first card comes from the video itself, before media has sent one', async () => {
  const { code } = await newLink();
  const text = { title: 'Film of ann', duration: 12.5, width: 1920, height: 1080 };
  expect(await preview(code)).toEqual({ ...unframed, state: 'open', card: text, hasPoster: false });
  expect((await poster(code)).status).toBe(404);
});

test('a card that media sent is shown, with its poster, and is not overwritten by the next link', async () => {
  await put(card);
  const { code } = await newLink();
  const { posterBase64: _, ...text } = card;
  expect(await preview(code)).toEqual({ ...unframed, state: 'open', card: text, hasPoster: true });
  const answer = await poster(code);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('image/jpeg');
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(Buffer.from(await answer.arrayBuffer()).equals(jpeg)).toBe(true);
});

test('a link that begins later shows the picture there, also when its beginning moves', async () => {
  await put(card);
  const { code, id } = await newLink({ startAt: 30 });
  const shown = async () => Buffer.from(await (await poster(code)).arrayBuffer());
  await vi.waitFor(async () => expect(await shown()).toEqual(frameAt(30)));
  await (await here.as('ann')).updateLink({ params: { id }, body: { startAt: 40 } });
  await vi.waitFor(async () => expect(await shown()).toEqual(frameAt(40)));
  await (await here.as('ann')).updateLink({ params: { id }, body: { startAt: null } });
  expect(await shown()).toEqual(jpeg);
  expect((await preview(code)).hasPoster).toBe(true);
  await (await here.as('ann')).revokeLink({ params: { id } });
  expect((await poster(code)).status).toBe(404);
});

test('a picture that did not come is asked for again by a preview, which never wakes the server', async () => {
  await put(card);
  const { code, id } = await newLink();
  const server = here.subscriptions.servers.get('server-of-ann') as ServerAddress;
  const asked = vi.spyOn(here.subscriptions.servers, 'values');
  here.subscriptions.servers.set(server.id, { ...server, state: 'asleep' });
  await (await here.as('ann')).updateLink({ params: { id }, body: { startAt: 50 } });
  const shown = async () => Buffer.from(await (await poster(code)).arrayBuffer());
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
  expect(await shown()).toEqual(jpeg);
  here.subscriptions.servers.set(server.id, server);
  expect(await shown()).toEqual(jpeg); // not again at once
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
  try {
    await vi.waitFor(async () => expect(await shown()).toEqual(frameAt(50)));
  } finally {
    vi.useRealTimers();
    asked.mockRestore();
  }
});

test('protected, capped, early, late, revoked and unknown links show nothing of the video', async () => {
  await put(card);
  const revoked = await newLink();
  await (await here.as('ann')).revokeLink({ params: { id: revoked.id } });
  const late = await newLink({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
  const past = { expiresAt: new Date(Date.now() - 1000).toISOString() };
  await (await here.as('ann')).updateLink({ params: { id: late.id }, body: past });
  const cases = [
    [(await newLink({ password: 'x' })).code, 'protected'],
    [(await newLink({ maxViews: 3 })).code, 'open'],
    [(await newLink({ opensAt: new Date(Date.now() + 60_000).toISOString() })).code, 'not_open_yet'],
    [late.code, 'expired'],
    [revoked.code, 'revoked'],
    ['AAAAAAAAAAAA', 'not_found'],
    ['../../secret', 'not_found'],
  ] as const;
  for (const [code, state] of cases) {
    expect(await preview(code)).toMatchObject({ state, card: null, hasPoster: false, poster: null });
    expect((await poster(code)).status).toBe(404);
  }
});

test('a poster is a JPEG of a sensible size, or it is refused', async () => {
  const wrong = [
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]),
    Buffer.alloc(0),
    Buffer.concat([jpeg, Buffer.alloc(400_000)]),
  ];
  for (const bytes of wrong) {
    expect(await problemOf(put({ ...card, posterBase64: bytes.toString('base64') }))).toBe('invalid_fields');
  }
  const tooLarge = { ...card, title: 'x', posterBase64: 'A'.repeat(1_100_000) };
  expect(await problemOf(put(tooLarge))).toBe('body_too_large');
  await put({ ...card, posterBase64: null });
  expect((await preview((await newLink()).code)).hasPoster).toBe(false);
});

test('a server has no more cards than any library could need, whatever its process sends', async () => {
  const kv = await openKv(`lmdb:${await mkdtemp(join(tmpdir(), 'cards-'))}`);
  const cards = new Cards(kv, 2);
  const text = { ...card, posterBase64: null };
  await cards.put('s', 'one', text);
  await cards.put('s', 'two', text);
  await cards.put('s', 'one', { ...text, title: 'again' });
  await expect(cards.put('s', 'three', text)).rejects.toMatchObject({ code: 'limit_reached' });
  await cards.put('other', 'three', text);
  await cards.drop('s', 'two');
  await cards.drop('s', 'two');
  await cards.put('s', 'three', text);
  await expect(cards.begin('s', 'four', text)).rejects.toMatchObject({ code: 'limit_reached' });
  await kv.close();
});
