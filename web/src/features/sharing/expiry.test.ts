import { expect, it } from 'vitest';
import { expiresAt } from './expiry.ts';

it('is a moment so long from now', () => {
  const now = Date.parse('2026-11-23T00:00:00Z');
  expect(expiresAt('never', now)).toBeNull();
  expect(expiresAt('day', now)).toBe('2026-11-24T00:00:00.000Z');
  expect(expiresAt('month', now)).toBe('2026-12-23T00:00:00.000Z');
});
