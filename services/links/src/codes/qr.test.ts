import { inflateSync } from 'node:zlib';
import { encode } from 'uqr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, targetOf } from '../testing/stand-ins.ts';
import { qrPng, qrSvg } from './qr.ts';

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

test('the PNG has the modules of the SVG, whole pixels each, in a valid file', async () => {
  const url = 'http://localhost:8080/AAAAAAAAAAAA';
  const png = qrPng(url, 300);
  const { data, size } = encode(url, { ecc: 'M', border: 4 });
  const scale = Math.floor(300 / size);
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size * scale, size * scale]);
  const at = png.indexOf('IDAT');
  const lines = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  const bytes = 1 + Math.ceil((size * scale) / 8);
  for (let y = 0; y < size * scale; y++) {
    for (let x = 0; x < size * scale; x++) {
      const light = (((lines[y * bytes + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 1;
      if (light === data[Math.floor(y / scale)]?.[Math.floor(x / scale)]) throw new Error(`pixel ${x},${y}`);
    }
  }
  const link = await (await here.as('ann')).createLink({ body: targetOf('ann') });
  const answer = await here.service.fetch(
    new Request(`http://service/api/links/${link.code}/qr.png?size=300`),
  );
  expect(answer.headers.get('content-type')).toBe('image/png');
  const wrong = await here.service.fetch(
    new Request(`http://service/api/links/${link.code}/qr.png?size=9e9`),
  );
  expect(wrong.status).toBe(422);
});
