import { afterAll, beforeAll, expect, test } from 'vitest';
import { frameAt, type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

async function file(path: string, user = 'ann') {
  const authorization = `Bearer ${await here.identity.sign(user, 'links')}`;
  return here.service.fetch(new Request(`http://service${path}`, { headers: { authorization } }));
}

const LIMITS = {
  label: '=HYPERLINK("http://evil.example")',
  recipient: '김, "민수"\n님',
  maxViews: 3,
  startAt: 1.5,
  endAt: 9,
  speed: 1.25,
  allowDownload: true,
  embedOrigins: ['https://a.example', 'https://b.example:8443'],
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
};

test.each(['csv', 'json'])('what is exported as %s comes back the same, under a new code', async (format) => {
  const ann = await here.as('ann');
  await ann.revokeLinks({ query: { videoId: 'video-of-ann' } });
  const link = await ann.createLink({ body: { ...targetOf('ann'), ...LIMITS } });
  const response = await file(`/api/links/export?format=${format}`);
  expect(response.headers.get('content-disposition')).toMatch(/attachment; filename="ptsdly-links-.*"/);
  const text = await response.text();
  if (format === 'csv') expect(text).not.toMatch(/(^|,)"?=/m); // no spreadsheet runs what a label says
  await ann.revokeLinks({ query: { videoId: 'video-of-ann' } });
  const body = format === 'csv' ? { csv: text } : { links: (JSON.parse(text) as { links: unknown[] }).links };
  expect(await ann.importLinks({ body })).toEqual({ created: 1, remarks: [] });
  const [back] = (await ann.listLinks({})).items;
  expect(back).toMatchObject(LIMITS);
  expect(back?.code).not.toBe(link.code);
});

test('rows that cannot be links are named, and the others made', async () => {
  const ann = await here.as('ann');
  const target = targetOf('ann');
  const taken = await ann.createLink({ body: { ...target, alias: 'our-trip' } });
  const report = await ann.importLinks({
    body: {
      links: [
        { ...target, alias: 'Our-Trip' },
        { ...target, alias: 'fresh-one' },
        { ...target, hasPassword: true },
        { ...target, hasPassword: true, password: 'pine' },
        targetOf('ben'),
        { ...target, maxViews: -1 },
        'nonsense',
        { ...target, expiresAt: '2020-01-01T00:00:00Z' },
      ],
    },
  });
  expect(report.created).toBe(3);
  expect(report.remarks.map(({ row, code, isCreated }) => [row, code, isCreated])).toEqual([
    [1, 'alias_taken', true],
    [3, 'link_password_missing', false],
    [5, 'not_found', false],
    [6, 'invalid_fields', false],
    [7, 'invalid_fields', false],
    [8, 'invalid_fields', false],
  ]);
  const { items } = await ann.listLinks({});
  expect(items.filter(({ alias }) => alias === 'fresh-one')).toHaveLength(1);
  expect(items.find(({ id }) => id === taken.id)?.alias).toBe('our-trip');
  expect(items.filter(({ hasPassword }) => hasPassword)).toHaveLength(1);
  expect(await problemOf(ann.importLinks({ body: { csv: 'a,"b\n1' } }))).toBe('invalid_fields');
});

test('nobody exports what is not theirs', async () => {
  const text = await (await file('/api/links/export', 'ben')).text();
  expect(text.trim().split('\r\n')).toHaveLength(1);
  expect((await here.service.fetch(new Request('http://service/api/links/export'))).status).toBe(401);
});

test('imported links have the picture of the moment where they begin', async () => {
  const ann = await here.as('ann');
  const starts = Array.from({ length: 9 }, (_, n) => 20 + n);
  const links = [...starts, 20].map((startAt) => ({ ...targetOf('ann'), label: `from ${startAt}`, startAt }));
  expect((await ann.importLinks({ body: { links: [...links, 'nonsense'] } })).created).toBe(links.length);
  const { items } = await ann.listLinks({ query: { q: 'from 2', limit: 200 } });
  const made = items.filter(({ label, startAt }) => label === `from ${startAt}`);
  expect(made).toHaveLength(links.length);
  for (const { code, startAt } of made) {
    const picture = async () => {
      const card = await here.service.fetch(new Request(`http://service/watch/${code}/card.jpg`));
      return Buffer.from(await card.arrayBuffer());
    };
    await expect.poll(picture).toEqual(frameAt(startAt as number));
  }
});
