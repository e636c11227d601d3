import { Problem } from '@ptsdly/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Attempts } from './attempts.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

function refusal(attempts: Attempts, key: string): Problem | undefined {
  try {
    attempts.take(key);
    return undefined;
  } catch (error) {
    return Problem.from(error);
  }
}

test('five at once, then one every twelve seconds, each client by itself', () => {
  const attempts = new Attempts();
  for (let n = 0; n < 5; n++) expect(refusal(attempts, 'a')).toBeUndefined();
  const refused = refusal(attempts, 'a');
  expect(refused?.code).toBe('rate_limited');
  expect(refused?.retryAfter).toBeCloseTo(12, 0);
  expect(refusal(attempts, 'b')).toBeUndefined();
  vi.advanceTimersByTime(12_100);
  expect(refusal(attempts, 'a')).toBeUndefined();
  expect(refusal(attempts, 'a')?.code).toBe('rate_limited');
});

test('right passwords use nothing up', () => {
  const attempts = new Attempts();
  for (let n = 0; n < 50; n++) {
    expect(refusal(attempts, 'a')).toBeUndefined();
    attempts.giveBack('a');
  }
});
