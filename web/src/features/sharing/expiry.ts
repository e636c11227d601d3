export const expiries = ['never', 'day', 'week', 'month'] as const;
export type Expiry = (typeof expiries)[number];

const day = 24 * 60 * 60 * 1000;
const spans: Record<Exclude<Expiry, 'never'>, number> = { day, week: 7 * day, month: 30 * day };

/** When a link ends that lasts so long from now. */
export const expiresAt = (expiry: Expiry, now = Date.now()): string | null =>
  expiry === 'never' ? null : new Date(now + spans[expiry]).toISOString();

/** The choice that stands nearest to what a link has. */
export function expiryOf(at: string | null, now = Date.now()): Expiry {
  if (at === null) return 'never';
  const left = Date.parse(at) - now;
  if (left <= spans.day) return 'day';
  return left <= spans.week ? 'week' : 'month';
}

export const isExpired = (at: string | null, now = Date.now()) => at !== null && Date.parse(at) <= now;
