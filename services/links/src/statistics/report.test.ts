import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkStats } from '@ptsdly/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countriesFile, v4Prefix } from '../testing/countries-file.ts';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';
import { openCountries } from './countries.ts';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148';
let folder: string;
let here: Neighbourhood;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ptsdly-countries-'));
  const countryDatabase = join(folder, 'countries.mmdb');
  writeFileSync(
    countryDatabase,
    countriesFile([
      [v4Prefix(203, 0, 113), 'KR'],
      [v4Prefix(198, 51, 100), 'DE'],
    ]),
  );
  here = await neighbourhood({ countryDatabase });
});
afterAll(async () => {
  await here.close();
  rmSync(folder, { recursive: true });
});

const newLink = async () => (await here.as('ann')).createLink({ body: targetOf('ann') });
const statsOf = async (id: string) => (await here.as('ann')).linkStats({ params: { id } });

async function open(code: string, headers: Record<string, string>) {
  const response = await here.service.fetch(
    new Request(`http://service/api/links/${code}/open`, { method: 'POST', headers }),
  );
  return ((await response.json()) as { playTicket: string | null }).playTicket;
}
const viewer = (client: string) => ({ 'x-forwarded-for': client, 'user-agent': PHONE });
const progress = async (code: string, ticket: string, parts: number[]) =>
  (await here.as()).noteProgress({ params: { code }, body: { ticket, parts } });

test('a play counts once, each part of it once, however often it is said', async () => {
  const link = await newLink();
  const [one, two] = [
    await open(link.code, viewer('203.0.113.1')),
    await open(link.code, viewer('203.0.113.2')),
  ];
  await progress(link.code, one ?? '', [0]);
  await Promise.all([
    progress(link.code, one ?? '', [0, 1, 2]),
    progress(link.code, one ?? '', [1, 2, 3]),
    progress(link.code, two ?? '', [0, 19]),
  ]);
  const { plays, completion } = await statsOf(link.id);
  expect(plays).toBe(2);
  expect(completion).toEqual([2, 1, 1, 1, ...Array<number>(15).fill(0), 1]);
  await here.restart();
  await progress(link.code, one ?? '', [0, 3]);
  expect((await statsOf(link.id)).completion[3]).toBe(1);
});

test('no forged ticket counts, and who asks not to be followed has none', async () => {
  const link = await newLink();
  const ticket = (await open(link.code, viewer('203.0.113.1'))) ?? '';
  const other = await newLink();
  const forged = ticket.replace(link.id, other.id);
  for (const bad of [forged, `${ticket}x`, '', 'a.b.c.d', ticket.slice(0, -1)]) {
    expect(await problemOf(progress(link.code, bad, [1]))).toBe('grant_invalid');
  }
  expect(await open(link.code, { ...viewer('203.0.113.9'), 'sec-gpc': '1' })).toBeNull();
  expect((await statsOf(other.id)).plays).toBe(0);
});

test('countries come from the local database, and no address is kept', async () => {
  const link = await newLink();
  for (const client of ['203.0.113.7', '203.0.113.8', '198.51.100.9', '192.0.2.1', 'nonsense']) {
    await open(link.code, viewer(client));
  }
  expect((await statsOf(link.id)).countries).toEqual({ KR: 2, DE: 1 });
  expect((await openCountries(undefined))('203.0.113.7')).toBeUndefined();
  await expect(openCountries(join(folder, 'none'))).rejects.toThrow('cannot be read');
  writeFileSync(join(folder, 'broken'), 'text');
  await expect(openCountries(join(folder, 'broken'))).rejects.toThrow('no MaxMind database');
});

test("a video's sums hold all its links, ended ones too, and nobody else's", async () => {
  const before = await (await here.as('ann')).videoStats({ query: { videoId: 'video-of-ann' } });
  const [a, b] = [await newLink(), await newLink()];
  await open(a.code, viewer('203.0.113.1'));
  await open(b.code, viewer('203.0.113.1'));
  await (await here.as('ann')).revokeLink({ params: { id: b.id } });
  const after = await (await here.as('ann')).videoStats({ query: { videoId: 'video-of-ann' } });
  expect([after.links - before.links, after.views - before.views]).toEqual([2, 2]);
  expect(after.uniqueViewers - before.uniqueViewers).toBe(2);
  const bens = await (await here.as('ben')).videoStats({ query: { videoId: 'video-of-ann' } });
  expect(bens).toMatchObject({ links: 0, views: 0 });
});

test('erased on request, also what was still on its way; the cap still counts', async () => {
  const link = await (await here.as('ann')).createLink({ body: { ...targetOf('ann'), maxViews: 5 } });
  await open(link.code, viewer('203.0.113.1'));
  await fetch(`${await here.socket()}/${link.code}`, {
    redirect: 'manual',
    headers: { 'user-agent': PHONE },
  });
  await (await here.as('ann')).eraseStats({ params: { id: link.id } });
  expect(await statsOf(link.id)).toMatchObject({ redirects: 0, days: [], uniqueViewers: 0, views: 1 });
  await here.restart();
  expect((await statsOf(link.id)).redirects).toBe(0);
  expect(await problemOf((await here.as('ben')).eraseStats({ params: { id: link.id } }))).toBe('not_found');
});

async function* live(path: string, signal: AbortSignal): AsyncGenerator<LinkStats> {
  const authorization = `Bearer ${await here.identity.sign('ann', 'links')}`;
  const response = await fetch((await here.socket()) + path, { headers: { authorization }, signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data) yield JSON.parse(data) as LinkStats;
    }
  }
}

test.each(['link', 'video'])('the statistics of a %s come as they change', async (kind) => {
  const link = await newLink();
  const path =
    kind === 'link' ? `/api/links/${link.id}/stats/live` : '/api/links/stats/live?videoId=video-of-ann';
  const stop = new AbortController();
  const stream = live(path, stop.signal);
  const first = (await stream.next()).value as LinkStats;
  await open(link.code, viewer('203.0.113.1'));
  const second = (await stream.next()).value as LinkStats;
  expect(second.views - first.views).toBe(1);
  stop.abort();
  await stream.next().catch(() => undefined);
});

test('files of statistics hold the hours that had views', async () => {
  const link = await newLink();
  await open(link.code, viewer('203.0.113.1'));
  const authorization = `Bearer ${await here.identity.sign('ann', 'links')}`;
  const get = (format: string) =>
    here.service.fetch(
      new Request(`http://service/api/links/${link.id}/stats/export?format=${format}`, {
        headers: { authorization },
      }),
    );
  expect(await (await get('csv')).text()).toMatch(/^\uFEFF?hour,views\r\n\d{4}-\d\d-\d\dT\d\d:00:00Z,1\r\n$/);
  expect(await (await get('json')).json()).toMatchObject({ views: 1 });
  expect((await get('xml')).status).toBe(422);
});
