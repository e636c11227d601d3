import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Neighbourhood, neighbourhood, targetOf } from '../testing/stand-ins.ts';
import { deviceOf } from './device.ts';

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1';
const DESKTOP =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

let here: Neighbourhood;
beforeEach(async () => {
  here = await neighbourhood();
});
afterEach(async () => {
  vi.useRealTimers();
  await here.close();
});

const newLink = async () => (await here.as('ann')).createLink({ body: targetOf('ann') });
const statsOf = async (id: string) => (await here.as('ann')).linkStats({ params: { id } });

async function open(code: string, headers: Record<string, string>) {
  const request = new Request(`http://service/api/links/${code}/open`, { method: 'POST', headers });
  expect((await here.service.fetch(request)).status).toBe(200);
}
const click = async (code: string, headers: Record<string, string>) =>
  fetch(`${await here.socket()}/${code}`, {
    redirect: 'manual',
    headers: { 'user-agent': DESKTOP, ...headers },
  });

test('views are told by day, hour and class of device, and viewers once a day', async () => {
  const link = await newLink();
  const [one, two] = [1, 2].map((days) =>
    new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10),
  );
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(`${one}T09:30:00Z`) });
  const kim = { 'x-forwarded-for': '198.51.100.77', 'user-agent': PHONE };
  const lee = { 'x-forwarded-for': '198.51.100.78', 'user-agent': DESKTOP };
  for (const viewer of [kim, kim, lee]) await open(link.code, viewer);
  vi.setSystemTime(Date.parse(`${two}T23:30:00Z`));
  await open(link.code, kim);
  const stats = await statsOf(link.id);
  expect(stats).toMatchObject({ views: 4, uniqueViewers: 3, devices: { phone: 3, desktop: 1 } });
  expect(stats.days.map(({ day, views, uniqueViewers }) => [day, views, uniqueViewers])).toEqual([
    [one, 3, 2],
    [two, 1, 1],
  ]);
  expect([stats.days[0]?.hours[9], stats.days[1]?.hours[23]]).toEqual([3, 1]);
  const lastDay = await (await here.as('ann')).linkStats({ params: { id: link.id }, query: { days: 1 } });
  expect(lastDay.days.map(({ day }) => day)).toEqual([two]);
});

test('no address is stored, and a viewer of the same day is known again after a restart', async () => {
  const link = await newLink();
  const kim = { 'x-forwarded-for': '198.51.100.77', 'user-agent': PHONE };
  await open(link.code, kim);
  await here.restart();
  await open(link.code, kim);
  expect(await statsOf(link.id)).toMatchObject({ views: 2, uniqueViewers: 1 });
  const bytes = readFileSync(`${here.linksOptions.kvUrl.slice('lmdb:'.length)}/data.mdb`);
  expect([bytes.includes('198.51.100.77'), bytes.includes('iPhone')]).toEqual([false, false]);
});

test.each<Record<string, string>>([{ 'sec-gpc': '1' }, { dnt: '1' }])(
  'who asks not to be followed (%o) is one view and no more',
  async (wish) => {
    const link = await newLink();
    await open(link.code, { ...wish, 'user-agent': PHONE });
    await click(link.code, { ...wish, referer: 'https://blog.example/post' });
    expect(await statsOf(link.id)).toMatchObject({
      views: 1,
      redirects: 1,
      uniqueViewers: 0,
      devices: {},
      referrers: [],
    });
  },
);

test('clicks are told by the host that they came from, and by nothing else of it', async () => {
  const link = await newLink();
  for (const referer of [
    'https://blog.example/a?secret=1',
    'https://blog.example/',
    'http://forum.example:81/x',
  ]) {
    expect((await click(link.code, { referer })).status).toBe(302);
  }
  await click(link.code, { referer: 'http://localhost:8080/app' }); // our own page
  await click(link.code, { referer: 'not an address' });
  await click(link.code, { referer: 'https://robot.example/', 'user-agent': 'Twitterbot/1.0' });
  await click(link.code, {});
  const stats = await statsOf(link.id);
  expect(stats).toMatchObject({ redirects: 6, bots: 1 });
  expect(stats.referrers).toEqual([
    { host: 'blog.example', clicks: 2 },
    { host: 'forum.example', clicks: 1 },
  ]);
});

test('hosts that somebody makes up do not fill the store', async () => {
  const link = await newLink();
  for (let n = 0; n < 130; n++) await click(link.code, { referer: `https://n${n}.example/` });
  const { referrers } = await statsOf(link.id);
  expect(referrers[0]).toEqual({ host: 'other', clicks: 30 });
});

test.each([
  [PHONE, 'phone'],
  [DESKTOP, 'desktop'],
  [
    'Mozilla/5.0 (Linux; Android 14; SM-S918N) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36;KAKAOTALK 2610210',
    'phone',
  ],
  ['Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 Chrome/120 Safari/537.36', 'tablet'],
  ['Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94 Safari/537.36', 'tv'],
  ['curl/8.0', 'other'],
])('%s is a %s', (userAgent, device) => expect(deviceOf(userAgent)).toBe(device));
