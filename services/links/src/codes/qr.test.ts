import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, targetOf } from '../testing/stand-ins.ts';
import { qrSvg } from './qr.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

const get = (code: string) =>
  here.service.fetch(new Request(`http://service/api/links/${encodeURIComponent(code)}/qr.svg`));

test('is the address of the link, by its code or alias, as a picture that cannot run anything', async () => {
  const link = await (await here.as('ann')).createLink({ body: { ...targetOf('ann'), alias: '가을-소풍' } });
  const byAlias = await get('가을-소풍');
  expect(byAlias.headers.get('content-type')).toBe('image/svg+xml');
  expect(byAlias.headers.get('content-security-policy')).toContain('sandbox');
  expect(await byAlias.text()).toBe(qrSvg(link.url));
  expect(await (await get(link.code)).text()).toBe(qrSvg(`http://localhost:8080/${link.code}`));
  expect(qrSvg(link.url)).toMatch(/^<svg [^>]*viewBox/);
});

test('is there for a link that opens later, not for one that never will', async () => {
  const ann = await here.as('ann');
  const opensAt = new Date(Date.now() + 60_000).toISOString();
  const later = await ann.createLink({ body: { ...targetOf('ann'), opensAt } });
  expect(later.state).toBe('scheduled');
  expect((await get(later.code)).status).toBe(200);
  await ann.revokeLink({ params: { id: later.id } });
  expect((await get(later.code)).status).toBe(410);
  expect((await get('AAAAAAAAAAAA')).status).toBe(404);
});
