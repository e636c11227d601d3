import { reservedWords } from '@ptsdly/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCode } from '../codes/code.ts';
import { type Neighbourhood, neighbourhood } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood({ rateFactor: 0 });
});
afterAll(() => here.close());

/** Everything of an answer but the moment and the number of the request. */
async function seen(path: string, init: RequestInit = {}) {
  const headers = { accept: 'text/html', 'x-request-id': 'same', ...(init.headers as object) };
  const response = await fetch((await here.socket()) + path, { ...init, headers, redirect: 'manual' });
  const kept = [...response.headers].filter(([name]) => name !== 'date');
  return JSON.stringify([response.status, kept, await response.text()]);
}

const malformed = fc
  .stringMatching(/^[!-~]{1,70}$/)
  .map((text) => text.replace(/[/?#%\\]/g, '-'))
  .filter((text) => !/^\.{1,2}$/.test(text) && !reservedWords.has(text)); // those are pages of ours

test.each([
  ['the short URL', (code: string) => `/${code}`, {}],
  ['a program that asks for it', (code: string) => `/${code}`, { headers: { accept: 'application/json' } }],
  ['opening', (code: string) => `/api/links/${code}/open`, { method: 'POST' }],
  ['its QR code', (code: string) => `/api/links/${code}/qr.svg`, {}],
  ['its poster', (code: string) => `/watch/${code}/card.jpg`, {}],
])('%s tells nothing of a code that is unknown from one that could be none', async (_, pathOf, init) => {
  const unknown = await seen(pathOf(newCode()), init);
  expect(unknown).toContain('404');
  await fc.assert(
    fc.asyncProperty(fc.oneof(malformed, fc.constant('').map(newCode)), async (code) => {
      expect(await seen(pathOf(encodeURIComponent(code)), init)).toBe(unknown);
    }),
    { numRuns: 40 },
  );
});
