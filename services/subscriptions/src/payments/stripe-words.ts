import { createHmac, timingSafeEqual } from 'node:crypto';
import { type DeclineCode, Problem } from '@ptsdly/contract';

const TOLERANCE_SECONDS = 300;

/** docs.stripe.com/declines/codes, as far as a person can do something about it. */
const declines: Readonly<Record<string, DeclineCode>> = {
  insufficient_funds: 'insufficient_funds',
  expired_card: 'expired_method',
  invalid_expiry_month: 'expired_method',
  invalid_expiry_year: 'expired_method',
  card_velocity_exceeded: 'limit_exceeded',
  withdrawal_count_limit_exceeded: 'limit_exceeded',
  authentication_required: 'authentication_needed',
  lost_card: 'not_allowed',
  stolen_card: 'not_allowed',
  pickup_card: 'not_allowed',
  card_not_supported: 'not_allowed',
  currency_not_supported: 'not_allowed',
  transaction_not_allowed: 'not_allowed',
};

export function declineOfStripe(error: {
  readonly code?: string | null | undefined;
  readonly decline_code?: string | null | undefined;
}): DeclineCode {
  return declines[error.decline_code ?? ''] ?? declines[error.code ?? ''] ?? 'declined';
}

/**
 * `Stripe-Signature: t=<seconds>,v1=<hex>,…` over `<t>.<body>` (docs.stripe.com/webhooks#verify-manually); several
 * `v1` while a secret is being replaced. `now` in seconds since 1970. Throws `bad_request`.
 */
export function verifyStripe(header: string | null, body: string, secret: string, now: number): void {
  const parts = (header ?? '').split(',').map((part) => part.split('=', 2) as [string, string?]);
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest();
  const signed = parts.some(([name, value]) => {
    const given = name === 'v1' ? Buffer.from(value ?? '', 'hex') : Buffer.alloc(0);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!signed || !(Math.abs(now - Number(time)) <= TOLERANCE_SECONDS)) {
    throw new Problem('bad_request', { detail: 'The signature of the event is not valid.' });
  }
}
