import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';

test('pauses double from one second to five minutes', () => {
  const longest = [1, 2, 3, 4, 9, 10, 1000].map((attempts) => backoff('retry', attempts, 1));
  expect(longest).toEqual([1000, 2000, 4000, 8000, 256_000, 300_000, 300_000]);
});

test('half of a pause is jitter', () => {
  expect(backoff('retry', 3, 0)).toBe(2000);
  expect(backoff('retry', 3, 0.5)).toBe(3000);
});

test('room is waited for longer', () => {
  expect(backoff('capacity', 1, 1)).toBe(30_000);
  expect(backoff('capacity', 20, 1)).toBe(600_000);
});

test('what cannot be helped is not tried again', () => {
  expect(backoff('stop', 1, 1)).toBeNull();
});
