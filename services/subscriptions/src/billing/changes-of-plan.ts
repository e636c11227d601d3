import { type ChangePreview, type InvoiceLine, type Plan, Problem } from '@ptsdly/contract';
import { type Clock, isoTime } from '../clock.ts';
import type { Plans } from '../plans.ts';
import type { SubscriptionRow } from '../schema.ts';
import { type Collector, HURRIED_MS } from './collector.ts';
import type { Due } from './due.ts';
import { newInvoice, openInvoice, pendingCharge, settleOpen } from './invoices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Period, periodAt } from './periods.ts';
import { prorate, totalOf } from './proration.ts';
import { resize } from './service-wish.ts';
import { save, serverRow, subscriptionRow, type Work } from './work.ts';

/** A price that was shown holds for so long. */
const PREVIEW_MS = 10 * 60_000;

export interface ChangesOfPlanParts {
  readonly plans: Plans;
  readonly lifecycle: Lifecycle;
  readonly collector: Collector;
  readonly due: Due;
  readonly clock: Clock;
  readonly transaction: <T>(work: (work: Work) => Promise<T>) => Promise<T>;
}

/** A change as it is counted at a moment. */
interface Change {
  readonly from: Plan;
  readonly to: Plan;
  readonly effective: 'now' | 'period_end';
  readonly lines: readonly InvoiceLine[];
}

/**
 * Changes of plan. A dearer plan comes at once, pro-rated and once it is paid; a cheaper one waits for the end of what
 * is paid for. Where nothing was paid there is nothing to wait for.
 */
export class ChangesOfPlan {
  readonly #parts: ChangesOfPlanParts;

  constructor(parts: ChangesOfPlanParts) {
    this.#parts = parts;
  }

  async preview(row: SubscriptionRow, usedBytes: number, planId: string): Promise<ChangePreview> {
    const { clock, lifecycle } = this.#parts;
    const at = clock.now();
    const change = this.#count(row, planId, at);
    const { to, effective, lines } = change;
    const { currency } = to.price;
    const end = effective === 'now' ? (lines.at(-1)?.to ?? row.periodEnd) : row.periodEnd;
    const next = lifecycle.isFree(to) || end === null ? null : { amount: to.price.amount, currency, at: end };
    return {
      ...{ planId, effective, at: new Date(at).toISOString(), lines: [...lines] },
      dueNow: { amount: totalOf(lines), currency },
      nextCharge: next,
      fits: usedBytes <= to.storageBytes,
    };
  }

  /**
   * Rejects with `conflict` (it does not fit, or there is nothing to change), `preview_outdated`,
   * `payment_method_needed` or `payment_declined`: then nothing has changed.
   */
  async change(subscriptionId: string, planId: string, previewedAt: string | undefined): Promise<void> {
    const at = this.#moment(previewedAt);
    const invoiceId = await this.#parts.transaction((work) => this.#decide(work, subscriptionId, planId, at));
    if (!invoiceId) return;
    const collected = await this.#parts.collector.collect(invoiceId);
    if (collected !== 'declined') return;
    const code = await this.#parts.transaction(({ trx }) => declineOf(trx, invoiceId));
    throw new Problem('payment_declined', { errors: [{ field: 'payment', message: code }] });
  }

  async #decide(work: Work, id: string, planId: string, at: number): Promise<string | undefined> {
    const { clock, due } = this.#parts;
    const row = await subscriptionRow(work.trx, id);
    if (!row) throw new Problem('not_found');
    if (row.planId === planId && row.nextPlanId === null) return undefined;
    if (row.planId === planId) return void (await save(work, row, { nextPlanId: null }));
    if (row.state === 'incomplete') return this.#choose(work, row, this.#parts.plans.choose(planId));
    const { to, effective, lines } = this.#count(row, planId, at);
    const { usedBytes } = await serverRow(work.trx, row.serverId);
    if (usedBytes > to.storageBytes) {
      throw new Problem('conflict', { detail: 'More is stored on the server than this plan has room for.' });
    }
    if (effective === 'period_end') return void (await save(work, row, { nextPlanId: planId }));
    if (totalOf(lines) === 0) {
      await this.#switch(work, row, to, at);
      return undefined;
    }
    if (row.method === null) throw new Problem('payment_method_needed');
    if (await openInvoice(work.trx, id)) throw new Problem('conflict', { detail: 'A payment is open.' });
    const locked = await save(work, row, {}); // so that of two at once one invoices
    const invoice = { purpose: 'upgrade', plan: to, lines, createdAt: isoTime(clock) } as const;
    const { id: invoiceId } = await newInvoice(work.trx, locked, invoice);
    await due.set(work.trx, 'collect', invoiceId, clock.now() + HURRIED_MS);
    return invoiceId;
  }

  /** Another plan before the first was paid: what was asked for the other is forgotten. */
  async #choose(work: Work, row: SubscriptionRow, to: Plan): Promise<string | undefined> {
    const { lifecycle, clock } = this.#parts;
    if (await pendingCharge(work.trx, row.id)) {
      throw new Problem('conflict', { detail: 'A payment is under way.', retryAfter: 60 });
    }
    await settleOpen(work.trx, row.id, 'void');
    const chosen = await save(work, row, { planId: to.id, declineCode: null });
    await resize(work, row.serverId, to.storageBytes, clock);
    if (lifecycle.isFree(to)) return void (await lifecycle.begin(work, chosen, isoTime(clock)));
    return row.method === null ? undefined : (await lifecycle.invoiceNow(work, chosen, 'first')).id;
  }

  /** Nothing is to be paid for the change itself: free plans, trials, and installations that charge nothing. */
  async #switch(work: Work, row: SubscriptionRow, to: Plan, at: number): Promise<void> {
    const { plans, clock, due } = this.#parts;
    const isNewPeriod = plans.of(row.planId).price.interval !== to.price.interval && row.state === 'active';
    const period = isNewPeriod ? wholePeriod(to, at, row.timeZone) : undefined;
    const dates = period && { anchorAt: period.start, periodStart: period.start, periodEnd: period.end };
    await save(work, row, { planId: to.id, nextPlanId: null, ...dates });
    if (period) await due.set(work.trx, 'period', row.id, Date.parse(period.end));
    await resize(work, row.serverId, to.storageBytes, clock);
  }

  #count(row: SubscriptionRow, planId: string, at: number): Change {
    const { plans, lifecycle } = this.#parts;
    const to = plans.choose(planId);
    const from = plans.of(row.planId);
    if (row.state === 'incomplete') return { from, to, effective: 'now', lines: [] };
    if (row.state !== 'active' && row.state !== 'trialing') {
      throw new Problem('conflict', {
        detail:
          row.state === 'canceled' || row.state === 'ended'
            ? 'This subscription is canceled.'
            : 'Something is to be paid first.',
      });
    }
    const isGiven = row.state === 'trialing' || (lifecycle.isFree(from) && lifecycle.isFree(to));
    if (isGiven || !row.periodStart || !row.periodEnd) return { from, to, effective: 'now', lines: [] };
    const period: Period = { start: row.periodStart, end: row.periodEnd };
    const sameInterval = from.price.interval === to.price.interval && !lifecycle.isFree(from);
    const whole = sameInterval ? undefined : wholePeriod(to, at, row.timeZone);
    if (!isDearer(from, to)) return { from, to, effective: 'period_end', lines: [] };
    return { from, to, effective: 'now', lines: prorate({ from, to, period, at }, whole) };
  }

  /** The moment that a price was shown for. */
  #moment(previewedAt: string | undefined): number {
    const now = this.#parts.clock.now();
    if (previewedAt === undefined) return now;
    const at = Date.parse(previewedAt);
    if (at > now + 1000 || at < now - PREVIEW_MS) throw new Problem('preview_outdated');
    return at;
  }
}

const wholePeriod = ({ price }: Plan, at: number, timeZone: string): Period =>
  periodAt(new Date(at).toISOString(), 0, price.interval, timeZone);

/** Whoever commits to a year begins it now, and whoever leaves one has paid for it; else the price decides. */
function isDearer({ price: from }: Plan, { price: to }: Plan): boolean {
  if (from.interval !== to.interval) return to.interval === 'year' || from.amount === 0;
  return to.amount > from.amount;
}

export async function declineOf(trx: Pick<Work['trx'], 'selectFrom'>, invoiceId: string): Promise<string> {
  const charges = trx.selectFrom('charges').select('declineCode').where('invoiceId', '=', invoiceId);
  return (await charges.orderBy('createdAt', 'desc').executeTakeFirst())?.declineCode ?? 'declined';
}
