import type { DeclineCode } from '@ptsdly/contract';

export const DAY_MS = 24 * 3600 * 1000;

/** A declined charge is tried again on these days after the first time, then no more. */
const TRIES_ON_DAY = [0, 1, 3, 5, 7] as const;
/** So long the server goes on; then it stops until somebody pays. */
export const GIVE_UP_DAYS = 10;
/** So long an unpaid subscription waits before it ends. */
export const ABANDON_DAYS = 30;
/** So long the data of an ended subscription is kept. */
export const RETENTION_DAYS = 30;
/** Its owner is told so long before it is removed. */
export const REMOVAL_NOTICE_DAYS = 7;
/** A subscription that was never paid for is forgotten. */
export const INCOMPLETE_HOURS = 23;
/** A trial's end is told so long before. */
export const TRIAL_NOTICE_DAYS = 3;
export const EXPORT_HOURS = 24;

/** Declines that the same method gives for ever: only another one helps, so nobody's bank is asked in vain. */
const HARD: ReadonlySet<DeclineCode> = new Set([
  'expired_method',
  'authentication_needed',
  'method_gone',
  'not_allowed',
]);

/** When a declined charge is tried again (ms since 1970); null: not by itself. `tries` have been made since `firstAt`. */
export function nextTry(firstAt: number, tries: number, code: DeclineCode): number | null {
  const day = TRIES_ON_DAY[tries];
  return day === undefined || HARD.has(code) ? null : firstAt + day * DAY_MS;
}
