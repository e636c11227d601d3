import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

const create = async (alias: string, who = 'ann') =>
  (await here.as(who)).createLink({ body: { ...targetOf(who), alias } });
const open = async (code: string) => (await here.as()).openLink({ params: { code }, body: {} });
const redirect = async (path: string) =>
  fetch(`${await here.socket()}/${path}`, {
    redirect: 'manual',
    headers: { accept: 'application/json', 'user-agent': 'Mozilla/5.0 Firefox/145.0' },
  });

test('leads where its code leads, and does not tell the code', async () => {
  const link = await create('제주-여행');
  const encoded = encodeURIComponent('제주-여행');
  expect(link).toMatchObject({ alias: '제주-여행', url: `http://localhost:8080/${encoded}` });
  const answer = await redirect(`${encoded}?t=5`);
  expect([answer.status, answer.headers.get('location')]).toEqual([302, `/watch/${encoded}?t=5`]);
  expect((await redirect(link.code)).headers.get('location')).toBe(`/watch/${link.code}`);
  expect((await open('제주-여행')).videoId).toBe('video-of-ann');
  const preview = await here.internal().preview({ params: { code: '제주-여행'.normalize('NFD') } });
  expect(preview).toMatchObject({ state: 'open', card: { title: 'Film of ann' } });
  const stats = await (await here.as('ann')).linkStats({ params: { id: link.id } });
  expect(stats).toMatchObject({ redirects: 2, views: 1 });
});

test('a viewer who opened by the alias is known again by it', async () => {
  const link = await create('only-once');
  await (await here.as('ann')).updateLink({ params: { id: link.id }, body: { maxViews: 1 } });
  const url = 'http://service/api/links/only-once/open';
  const first = await here.service.fetch(new Request(url, { method: 'POST' }));
  const cookie = first.headers.get('set-cookie') ?? '';
  expect(cookie).toContain('; Path=/api/links/only-once;');
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  expect((await here.service.fetch(new Request(url, { method: 'POST', headers }))).status).toBe(200);
  expect(await problemOf(open('only-once'))).toBe('link_used_up');
});

test('of 20 that ask for one alias at once, one gets it; nor does anybody get one that looks like it', async () => {
  const tries = await Promise.all(
    Array.from({ length: 20 }, (_, n) => problemOf(create('race-me', n % 2 ? 'ann' : 'ben'))),
  );
  expect(tries.filter((code) => code === 'none')).toHaveLength(1);
  expect(new Set(tries)).toEqual(new Set(['none', 'alias_taken']));
});

test('an alias that was given up, or whose link was revoked, is gone for good, also after a restart', async () => {
  const ann = await here.as('ann');
  const [one, other] = [await create('first-name'), await create('other-name')];
  const renamed = await ann.updateLink({ params: { id: one.id }, body: { alias: 'second-name' } });
  expect(renamed.alias).toBe('second-name');
  await ann.revokeLink({ params: { id: other.id } });
  await here.restart();
  for (const gone of ['first-name', 'other-name']) {
    expect((await redirect(gone)).status).toBe(410);
    expect(await problemOf(open(gone))).toBe('link_revoked');
    expect(await problemOf(create(gone))).toBe('alias_taken');
  }
  expect((await redirect('second-name')).status).toBe(302);
  const back = await (await here.as('ann')).updateLink({
    params: { id: one.id },
    body: { alias: 'first-name' },
  });
  expect([back.alias, (await redirect('first-name')).status]).toEqual(['first-name', 302]);
  const none = await (await here.as('ann')).updateLink({ params: { id: one.id }, body: { alias: null } });
  expect([none.alias, none.url]).toEqual([null, `http://localhost:8080/${one.code}`]);
  expect((await redirect('first-name')).status).toBe(410);
});

test('an alias of an erased account is never given out again', async () => {
  const link = await create('very-personal-name');
  here.identity.written.publish({ type: 'user.deleted', userId: 'ann' });
  await expect.poll(async () => (await redirect(link.code)).status).toBe(410);
  await expect.poll(async () => (await redirect('very-personal-name')).status).toBe(410);
  expect(await problemOf(create('very-personal-name', 'ben'))).toBe('alias_taken');
});

test('one account asks for some aliases at once, and then slowly', async () => {
  const tries = await Promise.all(
    Array.from({ length: 30 }, (_, n) => problemOf(create(`slow-${n}`, 'ben'))),
  );
  expect(tries).toContain('rate_limited');
});
