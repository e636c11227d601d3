import type { PlanInterval } from '@ptsdly/contract';
import { Temporal } from 'temporal-polyfill';

export interface Period {
  /** ISO 8601, UTC. */
  readonly start: string;
  readonly end: string;
}

/**
 * The nth period (from 0) since an anchor, counted from the anchor day and not from the period before: who begins on
 * the 31st is charged on the 28th of February and on the 31st of March again. Days and hours are those of the
 * subscriber's time zone, so a period begins at the same time of day on both sides of a change of the clocks; where
 * that time does not exist it is an hour later (`constrain` and `compatible` of ECMAScript Temporal).
 */
export function periodAt(anchor: string, index: number, interval: PlanInterval, timeZone: string): Period {
  const begin = Temporal.Instant.from(anchor).toZonedDateTimeISO(timeZone);
  const after = (count: number) => {
    const span = interval === 'month' ? { months: count } : { years: count };
    return new Date(begin.add(span, { overflow: 'constrain' }).epochMilliseconds).toISOString();
  };
  return { start: after(index), end: after(index + 1) };
}

/** The index of the period that a moment lies in; 0 before the anchor. */
export function periodIndexAt(anchor: string, at: number, interval: PlanInterval, timeZone: string): number {
  const begin = Temporal.Instant.from(anchor).toZonedDateTimeISO(timeZone);
  const now = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const unit = interval === 'month' ? 'months' : 'years';
  // Rounding down at the end of a month can be one short or one over, so it is looked at again.
  let index = Math.max(0, begin.until(now, { largestUnit: unit })[unit] - 1);
  while (Date.parse(periodAt(anchor, index, interval, timeZone).end) <= at) index++;
  return index;
}
