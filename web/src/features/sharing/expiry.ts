export const expiries = ['never', 'day', 'week', 'month'] as const;
export type Expiry = (typeof expiries)[number];

const day = 24 * 60 * 60 * 1000;
const spans: Record<Exclude<Expiry, 'never'>, number> = { day, week: 7 * day, month: 30 * day };

/** When a link ends that lasts so long from now. */
export const expiresAt = (expiry: Expiry, now = Date.now()): string | null =>
  expiry === 'never' ? null : new Date(now + spans[expiry]).toISOString();
