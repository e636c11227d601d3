import { type BillingLetter, type Plan, Problem } from '@ptsdly/contract';
import { type Clock, isoTime } from '../clock.ts';
import type { Plans } from '../plans.ts';
import type { SubscriptionRow } from '../schema.ts';
import type { Due } from './due.ts';
import { DAY_MS, REMOVAL_NOTICE_DAYS, RETENTION_DAYS, TRIAL_NOTICE_DAYS } from './dunning.ts';
import { newInvoice, pendingCharge, settleOpen } from './invoices.ts';
import { afterEvent } from './machine.ts';
import { type Period, periodAt, periodIndexAt } from './periods.ts';
import type { InvoiceRow } from './schema.ts';
import { after, applyWish, resize } from './service-wish.ts';
import { save, type Work } from './work.ts';

export interface LifecycleParts {
  readonly plans: Plans;
  readonly due: Due;
  readonly clock: Clock;
  /** Nothing is ever charged here. */
  readonly isComplimentary: boolean;
}

/** The steps of the billing timeline. Each is part of one transaction, with the due work that it plans. */
export class Lifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  isFree(plan: Plan): boolean {
    return this.#parts.isComplimentary || plan.price.amount === 0;
  }

  /** Begins to run, free of charge or because the first invoice was paid. */
  async begin(work: Work, row: SubscriptionRow, from: string): Promise<SubscriptionRow> {
    const begun = await this.#period(work, row, from, 'paid');
    await this.#parts.due.drop(work.trx, 'expire', row.id);
    await applyWish(work, begun, this.#parts.clock);
    return begun;
  }

  /** The first days are free; the method that was given is charged at their end. */
  async beginTrial(work: Work, row: SubscriptionRow, days: number): Promise<SubscriptionRow> {
    const { clock, due } = this.#parts;
    const trialEndsAt = after(clock, days * DAY_MS);
    const begun = await save(work, row, {
      state: afterEvent(row.state, 'trial'),
      ...{ anchorAt: trialEndsAt, periodStart: isoTime(clock), periodEnd: trialEndsAt, trialEndsAt },
    });
    await due.drop(work.trx, 'expire', row.id);
    await due.set(work.trx, 'period', row.id, Date.parse(trialEndsAt));
    const notice = Date.parse(trialEndsAt) - TRIAL_NOTICE_DAYS * DAY_MS;
    if (notice > clock.now()) await due.set(work.trx, 'trial_notice', row.id, notice);
    await applyWish(work, begun, clock);
    return begun;
  }

  /**
   * A period is over: the next begins and is invoiced, or the subscription ends. Whoever was away for several periods
   * begins the one that is now; nothing is charged for those that were missed.
   */
  async renew(work: Work, row: SubscriptionRow): Promise<InvoiceRow | undefined> {
    const { clock, due, plans } = this.#parts;
    if (row.state !== 'active' && row.state !== 'trialing') return undefined;
    const end = row.periodEnd === null ? clock.now() : Date.parse(row.periodEnd);
    if (end > clock.now()) {
      await due.set(work.trx, 'period', row.id, end);
      return undefined;
    }
    if (row.endsAt !== null) {
      await this.end(work, row);
      return undefined;
    }
    const plan = plans.of(row.nextPlanId ?? row.planId);
    const changesInterval = plan.price.interval !== plans.of(row.planId).price.interval;
    const anchorAt = (changesInterval ? row.periodEnd : row.anchorAt) ?? row.createdAt;
    const period = this.#periodNow(plan, anchorAt, row.timeZone);
    const state = this.isFree(plan) ? afterEvent(row.state, 'paid') : row.state;
    const renewed = await save(work, row, {
      ...{ planId: plan.id, nextPlanId: null, anchorAt, state },
      ...{ periodStart: period.start, periodEnd: period.end },
    });
    await due.set(work.trx, 'period', row.id, Date.parse(period.end));
    await resize(work, row.serverId, plan.storageBytes, clock);
    if (this.isFree(plan)) return undefined;
    return this.#invoice(work, renewed, 'renewal', plan, period);
  }

  /** The invoice of a whole period from now on, for a subscription that does not run yet. */
  async invoiceNow(work: Work, row: SubscriptionRow, purpose: 'first' | 'return'): Promise<InvoiceRow> {
    const plan = this.#parts.plans.of(row.planId);
    const period = this.#periodNow(plan, isoTime(this.#parts.clock), row.timeZone);
    return this.#invoice(work, row, purpose, plan, period);
  }

  /** What is paid for is over, or was given up: the server stops, and the clock of its data begins. */
  async end(work: Work, row: SubscriptionRow): Promise<SubscriptionRow> {
    const { clock, due } = this.#parts;
    if (await pendingCharge(work.trx, row.id)) {
      throw new Problem('conflict', {
        detail: 'A payment is under way. Please try again in a minute.',
        retryAfter: 60,
      });
    }
    await settleOpen(work.trx, row.id, row.state === 'incomplete' ? 'void' : 'uncollectible');
    await due.clear(work.trx, row.id);
    const purgeAt = after(clock, RETENTION_DAYS * DAY_MS);
    const wasMade = row.state !== 'incomplete';
    const ended = await save(work, row, {
      state: afterEvent(row.state, 'ended'),
      ...{ liveUserId: null, canceledAt: isoTime(clock), endsAt: null, nextPlanId: null },
      ...{ exportUntil: null, purgeAt: wasMade ? purgeAt : null },
    });
    if (wasMade) {
      await due.set(work.trx, 'purge', row.id, Date.parse(purgeAt));
      const notice = Date.parse(purgeAt) - REMOVAL_NOTICE_DAYS * DAY_MS;
      await due.set(work.trx, 'removal_notice', row.id, notice);
      await this.write(work, ended, 'subscription-ended', { purgeAt });
    }
    await applyWish(work, ended, clock);
    return ended;
  }

  /** An ended subscription runs again, with the data that it left. */
  async comeBack(work: Work, row: SubscriptionRow): Promise<SubscriptionRow> {
    const { clock, due, plans } = this.#parts;
    await due.clear(work.trx, row.id);
    const back = { liveUserId: row.userId, canceledAt: null, purgeAt: null, exportUntil: null } as const;
    const begun = await this.#period(work, { ...row, ...back }, isoTime(clock), 'resumed', back);
    await resize(work, row.serverId, plans.of(row.planId).storageBytes, clock);
    await applyWish(work, begun, clock);
    return begun;
  }

  /** The one end of data: the retention time of an ended subscription is over. */
  async purge(work: Work, row: SubscriptionRow): Promise<void> {
    const { clock, due } = this.#parts;
    await due.clear(work.trx, row.id);
    if (row.method) await due.set(work.trx, 'forget_method', row.method, clock.now());
    const gone = { method: null, methodLabel: null, purgeAt: null, exportUntil: null } as const;
    const purged = await save(work, row, { state: afterEvent(row.state, 'purged'), ...gone });
    await applyWish(work, purged, clock);
  }

  /** A period from a moment on, and everything that counts from it. */
  async #period(
    work: Work,
    row: SubscriptionRow,
    anchorAt: string,
    event: 'paid' | 'resumed',
    changes: Partial<SubscriptionRow> = {},
  ): Promise<SubscriptionRow> {
    const { plans, due } = this.#parts;
    const { start, end } = periodAt(anchorAt, 0, plans.of(row.planId).price.interval, row.timeZone);
    const state = afterEvent(row.state, event);
    const period = { anchorAt, periodStart: start, periodEnd: end, declineCode: null };
    const begun = await save(work, row, { ...changes, ...period, state });
    await due.set(work.trx, 'period', row.id, Date.parse(end));
    return begun;
  }

  /** What was unpaid is paid: a whole new period begins, because in the old one nothing ran. */
  restart(work: Work, row: SubscriptionRow): Promise<SubscriptionRow> {
    return this.#period(work, row, isoTime(this.#parts.clock), 'paid');
  }

  /** A letter to the subscriber; identity writes it in their language. */
  async write(
    work: Work,
    { userId, timeZone }: Pick<SubscriptionRow, 'userId' | 'timeZone'>,
    kind: BillingLetter,
    values: Readonly<Record<string, string>>,
  ): Promise<void> {
    await work.tell({ type: 'letter.wanted', userId, kind, values: { ...values, timeZone } });
  }

  #periodNow(plan: Plan, anchorAt: string, timeZone: string): Period {
    const { interval } = plan.price;
    const index = periodIndexAt(anchorAt, this.#parts.clock.now(), interval, timeZone);
    return periodAt(anchorAt, index, interval, timeZone);
  }

  async #invoice(
    work: Work,
    row: SubscriptionRow,
    purpose: InvoiceRow['purpose'],
    plan: Plan,
    { start: from, end: to }: Period,
  ): Promise<InvoiceRow> {
    const { clock, due } = this.#parts;
    const lines = [{ kind: 'plan', planId: plan.id, from, to, amount: plan.price.amount }] as const;
    const invoice = await newInvoice(work.trx, row, { purpose, plan, lines, createdAt: isoTime(clock) });
    await due.set(work.trx, 'collect', invoice.id, clock.now());
    return invoice;
  }
}
