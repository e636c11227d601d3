import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

const target = targetOf('ann');

test('each of several people gets a link of their own, all or none', async () => {
  const ann = await here.as('ann');
  const { items } = await ann.createLinks({
    body: { ...target, recipients: ['Kim', '이서연'], maxViews: 2, speed: 1.5 },
  });
  expect(items.map(({ recipient, maxViews, speed }) => [recipient, maxViews, speed])).toEqual([
    ['Kim', 2, 1.5],
    ['이서연', 2, 1.5],
  ]);
  expect(new Set(items.map(({ code }) => code)).size).toBe(2);
  const before = (await ann.listLinks({})).items.length;
  const bad = { ...target, recipients: ['x'], startAt: 5, endAt: 2 };
  expect(await problemOf(ann.createLinks({ body: bad }))).toBe('invalid_fields');
  expect((await ann.listLinks({})).items).toHaveLength(before);
});

test('links are found by label, recipient, alias, title and state, a page at a time', async () => {
  const ann = await here.as('ann');
  const made = await ann.createLink({ body: { ...target, label: 'Grandma’s 90th', alias: 'grandma-90' } });
  const found = async (query: object) => (await ann.listLinks({ query })).items.map(({ id }) => id);
  expect(await found({ q: 'GRANDMA-9' })).toEqual([made.id]);
  expect(await found({ q: '90TH' })).toEqual([made.id]);
  expect(await found({ q: '이서연'.normalize('NFD') })).toHaveLength(1);
  expect((await found({ q: 'film of ann' })).length).toBeGreaterThan(2);
  expect(await found({ q: 'nothing like it' })).toEqual([]);
  const later = await ann.createLink({ body: { ...target, opensAt: '2040-01-01T00:00:00Z' } });
  expect(await found({ state: 'scheduled' })).toEqual([later.id]);
  const pages: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ann.listLinks({ query: { limit: 2, cursor, state: 'open' } });
    pages.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(pages).toEqual(await found({ state: 'open' }));
});

test('some links end together; those of others do not', async () => {
  const ann = await here.as('ann');
  const mine = await ann.createLink({ body: target });
  const other = await (await here.as('ben')).createLink({ body: targetOf('ben') });
  const ids = [mine.id, mine.id, other.id, 'unknown'];
  expect((await ann.revokeChosen({ body: { ids } })).revoked).toBe(1);
  expect(await problemOf(ann.getLink({ params: { id: mine.id } }))).toBe('not_found');
  expect((await (await here.as('ben')).getLink({ params: { id: other.id } })).state).toBe('open');
});

test('a viewer is told speed and opening time, and where a player may be framed', async () => {
  const ann = await here.as('ann');
  const link = await ann.createLink({ body: { ...target, speed: 0.5, embedOrigins: ['https://a.example'] } });
  const opened = await (await here.as()).openLink({ params: { code: link.code }, body: {} });
  expect(opened.speed).toBe(0.5);
  const preview = await here.internal().preview({ params: { code: link.code } });
  expect(preview.embedOrigins).toEqual(['https://a.example']);
  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  const later = await ann.createLink({ body: { ...target, opensAt } });
  const refused = (await here.as()).openLink({ params: { code: later.code }, body: {} });
  await expect(refused).rejects.toMatchObject({ code: 'not_open_yet', retryAfter: 3600 });
  const page = await here.service.fetch(
    new Request(`http://service/${later.code}`, {
      headers: { accept: 'text/html', 'accept-language': 'ko' },
    }),
  );
  expect(await page.text()).toContain(`<time datetime="${opensAt}">`);
  expect(
    await problemOf(
      ann.createLink({ body: { ...target, embedOrigins: ['https://a.example; script-src *'] } }),
    ),
  ).toBe('invalid_fields');
});
