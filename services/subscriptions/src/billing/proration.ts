import type { InvoiceLine, Plan } from '@ptsdly/contract';
import type { Period } from './periods.ts';

/**
 * What a dearer plan costs from a moment of a period on: what is left of the old one is given back, the new one is
 * charged for the same time, by the millisecond, rounded once a line to whole minor units. A plan of another interval
 * begins a period of its own (`whole`), of which nothing is cut off.
 */
export function prorate(
  { from, to, period, at }: { from: Plan; to: Plan; period: Period; at: number },
  whole?: Period,
): InvoiceLine[] {
  const [start, end] = [Date.parse(period.start), Date.parse(period.end)];
  const share = Math.min(1, Math.max(0, (end - at) / (end - start)));
  const moment = new Date(at).toISOString();
  const credit: InvoiceLine = {
    ...{ kind: 'credit', planId: from.id, from: moment, to: period.end },
    amount: -Math.round(from.price.amount * share),
  };
  const charge: InvoiceLine = {
    ...{ kind: 'plan', planId: to.id, from: whole?.start ?? moment, to: whole?.end ?? period.end },
    amount: whole ? to.price.amount : Math.round(to.price.amount * share),
  };
  return credit.amount === 0 ? [charge] : [{ ...credit, amount: credit.amount }, charge];
}

/** What the lines come to; a credit that is larger than the charge is not paid out. */
export const totalOf = (lines: readonly InvoiceLine[]): number =>
  Math.max(
    0,
    lines.reduce((sum, { amount }) => sum + amount, 0),
  );
