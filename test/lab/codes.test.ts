import { expect, test } from 'vitest';
import { newCode } from '../../services/links/src/codes/code.ts';

const COUNT = 10_000_000;
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const LENGTH = 12;
/** Of the chi-squared distribution with 57 degrees of freedom: exceeded once in a million times. */
const CHI_SQUARED_57 = 122;

test('ten million codes: none twice, each letter as likely in each place, nothing but base58', () => {
  const seen = [new Set<bigint>(), new Set<bigint>()] as const; // a Set holds 2^24 entries
  const counts = Array.from({ length: LENGTH }, () => new Uint32Array(128));
  let repeats = 0;
  for (let n = 0; n < COUNT; n++) {
    const code = newCode();
    let number = 0n;
    for (let at = 0; at < LENGTH; at++) {
      const letter = code.charCodeAt(at);
      counts[at]![letter]! += 1;
      number = (number << 7n) | BigInt(letter);
    }
    const half = seen[Number(number & 1n) as 0 | 1];
    if (half.has(number)) repeats++;
    half.add(number);
  }
  expect(repeats).toBe(0);
  for (const place of counts) {
    const letters = [...ALPHABET].map((letter) => place[letter.charCodeAt(0)] as number);
    expect(letters.reduce((sum, one) => sum + one, 0)).toBe(COUNT);
    const even = COUNT / ALPHABET.length;
    const chi = letters.reduce((sum, one) => sum + (one - even) ** 2 / even, 0);
    expect(chi).toBeLessThan(CHI_SQUARED_57);
  }
}, 300_000);
