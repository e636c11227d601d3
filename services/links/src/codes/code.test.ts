import { reservedWords } from '@ptsdly/contract';
import { expect, test } from 'vitest';
import { newCode, readCode } from './code.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

test('codes are twelve letters of base58, and never one twice', () => {
  const codes = Array.from({ length: 20_000 }, newCode);
  for (const code of codes) expect(code).toMatch(/^[1-9A-HJ-NP-Za-km-z]{12}$/);
  expect(new Set(codes).size).toBe(codes.length);
});

test('each letter is as likely in each place (chi-squared, far beyond chance)', () => {
  const samples = 30_000;
  const seen = Array.from({ length: 12 }, () => new Map<string, number>());
  for (let n = 0; n < samples; n++) {
    for (const [place, letter] of [...newCode()].entries()) {
      seen[place]?.set(letter, (seen[place]?.get(letter) ?? 0) + 1);
    }
  }
  const expected = samples / BASE58.length;
  for (const counts of seen) {
    const chi = [...BASE58].reduce(
      (sum, letter) => sum + ((counts.get(letter) ?? 0) - expected) ** 2 / expected,
      0,
    );
    expect(chi).toBeLessThan(140); // 57 degrees of freedom: p < 1e-8; a plain modulo of bytes gives over 1,000
  }
});

test('reads a code exactly, forgives what chat programs append, and nothing else', () => {
  const code = 'aB3dE5gH7jK9';
  expect(readCode(code)).toBe(code);
  for (const tail of ['.', ',', '!', '?)', "'.", '".', ']', '}', '%29', '%22.', '%7D']) {
    expect(readCode(code + tail)).toBe(code);
  }
  for (const wrong of [
    `${code}x`,
    code.slice(1),
    `.${code}`,
    `${code}-`,
    `${code}%`,
    `${code}/`,
    'aB3dE5gH7jK0',
    '',
  ]) {
    expect(readCode(wrong)).toBeUndefined();
  }
  expect(readCode('AB3DE5GH7JK9')).toBe('AB3DE5GH7JK9');
});

test('a long hostile segment costs nothing', () => {
  const started = performance.now();
  expect(readCode('.'.repeat(16_000))).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(20);
});

test('there is a fixed word that a code could be, so it is refused when it is drawn', () => {
  const possible = [...reservedWords].filter((word) => readCode(word) === word);
  expect(possible).toContain('announcement');
});
