import type { DeclineCode } from '@ptsdly/contract';

/** Codes of Toss Payments and KakaoPay that PortOne passes on, as far as a person can do something about it. */
const declines: Readonly<Record<string, DeclineCode>> = {
  NOT_ENOUGH_BALANCE: 'insufficient_funds',
  REJECT_ACCOUNT_PAYMENT: 'insufficient_funds',
  REJECT_CARD_PAYMENT: 'limit_exceeded',
  EXCEED_MAX_DAILY_PAYMENT_COUNT: 'limit_exceeded',
  EXCEED_MAX_PAYMENT_AMOUNT: 'limit_exceeded',
  EXCEED_MAX_AMOUNT: 'limit_exceeded',
  INVALID_CARD_EXPIRATION: 'expired_method',
  INVALID_STOPPED_CARD: 'not_allowed',
  INVALID_CARD_LOST_OR_STOLEN: 'not_allowed',
  REJECT_CARD_COMPANY: 'declined',
  NOT_MATCHES_CUSTOMER_KEY: 'method_gone',
  NOT_FOUND_BILLING_KEY: 'method_gone',
};

export const declineOfPg = (code: string | null | undefined): DeclineCode =>
  declines[code ?? ''] ?? 'declined';
