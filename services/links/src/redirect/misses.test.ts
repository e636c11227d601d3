import { Problem } from '@ptsdly/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Misses } from './misses.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const refused = (misses: Misses, address: string) => {
  try {
    misses.note(address);
    return false;
  } catch (error) {
    expect(Problem.from(error).code).toBe('rate_limited');
    return true;
  }
};

test('sixty wrong codes at once, then one every two seconds; a household of IPv6 is one', () => {
  const misses = new Misses();
  for (let n = 0; n < 60; n++) expect(refused(misses, `2001:db8::${n.toString(16)}`)).toBe(false);
  expect(refused(misses, '2001:db8::ffff')).toBe(true);
  expect(refused(misses, '2001:db8:0:1::1')).toBe(false);
  vi.advanceTimersByTime(2100);
  expect(refused(misses, '2001:db8::1')).toBe(false);
  expect(refused(misses, '2001:db8::1')).toBe(true);
});

test('remembers no more than so many addresses, and can be switched off', () => {
  const misses = new Misses();
  for (let n = 0; n < 61; n++) refused(misses, '192.0.2.1');
  for (let n = 0; n < 20_000; n++) refused(misses, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  expect(refused(misses, '192.0.2.1')).toBe(false);
  const off = new Misses(0);
  for (let n = 0; n < 500; n++) expect(refused(off, '192.0.2.1')).toBe(false);
});
