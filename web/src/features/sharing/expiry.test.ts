import { describe, expect, it } from 'vitest';
import { expiresAt, expiries, expiryOf, isExpired } from './expiry.ts';

const now = Date.parse('2026-11-23T00:00:00Z');

describe('expiry', () => {
  it('is a moment, and is found again in it', () => {
    expect(expiresAt('never', now)).toBeNull();
    expect(expiresAt('day', now)).toBe('2026-11-24T00:00:00.000Z');
    for (const expiry of expiries) expect(expiryOf(expiresAt(expiry, now), now)).toBe(expiry);
  });

  it('has passed or not', () => {
    expect(isExpired(null, now)).toBe(false);
    expect(isExpired('2026-11-22T23:59:59Z', now)).toBe(true);
    expect(isExpired('2026-11-23T00:00:01Z', now)).toBe(false);
  });
});
