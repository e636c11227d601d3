import { createHash } from 'node:crypto';
import { type Checkout, type PaymentWay, Problem } from '@ptsdly/contract';
import { isUniqueViolation } from '@ptsdly/db';
import { type Clock, isoTime } from '../clock.ts';
import type { PaymentMethod, Payments } from '../payments/payments.ts';
import type { Plans } from '../plans.ts';
import type { Database, SubscriptionRow } from '../schema.ts';
import { type Collector, HURRIED_MS } from './collector.ts';
import type { Due } from './due.ts';
import { openInvoice, pendingCharge } from './invoices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { isLive } from './machine.ts';
import { save, subscriptionRow, type Work } from './work.ts';

/** Whoever went to a checkout and never came back is looked for by then. */
const LOOK_MS = 10 * 60_000;
const MAX_LOOKS_MS = 24 * 3600_000;

export interface MethodsParts {
  readonly db: Database;
  readonly payments: Payments;
  readonly plans: Plans;
  readonly lifecycle: Lifecycle;
  readonly collector: Collector;
  readonly due: Due;
  readonly clock: Clock;
  readonly transaction: <T>(work: (work: Work) => Promise<T>) => Promise<T>;
  /** There is due work. */
  readonly hurry: () => void;
}

/** Payment methods: given at the provider, looked up there, and used at once for what is open. */
export class Methods {
  readonly #parts: MethodsParts;

  constructor(parts: MethodsParts) {
    this.#parts = parts;
  }

  async checkout(row: SubscriptionRow, way: PaymentWay | undefined): Promise<Checkout> {
    const { payments, due, clock, transaction } = this.#parts;
    if (row.state === 'ended' || payments.name === 'none') throw new Problem('conflict');
    const { id: subscriptionId, customer } = row;
    const number = row.checkouts + 1;
    const numbered = await transaction((work) => save(work, row, { checkouts: number }));
    const order = { subscriptionId, customer, number, way, replaces: row.method !== null };
    const begun = await payments.checkout(order);
    await transaction(async (work) => {
      await save(work, numbered, { customer: begun.customer ?? customer, checkout: begun.reference });
      if (begun.reference) await due.set(work.trx, 'method', row.id, clock.now() + LOOK_MS);
    });
    return begun.checkout;
  }

  /**
   * The method that came of a checkout, looked up at the provider, whoever says so. It takes the place of the one
   * before, and what is open is charged with it at once. While the provider knows of none nothing changes.
   */
  async adopt(subscriptionId: string, reference: string): Promise<void> {
    const method = await this.#parts.payments.method(reference);
    if (!method) return;
    // Whoever knows the name of another's method has no right to it.
    if (method.subscriptionId !== subscriptionId) throw new Problem('payment_method_refused');
    const invoiceId = await this.#parts.transaction((work) => this.#put(work, subscriptionId, method));
    if (invoiceId) await this.#parts.collector.collect(invoiceId);
  }

  async #put(work: Work, id: string, { key, customer, label }: PaymentMethod): Promise<string | undefined> {
    const { due, clock } = this.#parts;
    const row = await subscriptionRow(work.trx, id);
    if (!row || row.state === 'ended') return undefined;
    const isNews = row.method !== key;
    const given = { method: key, methodLabel: label, customer: customer ?? row.customer, checkout: null };
    const adopted = await save(work, row, { ...given, ...(isNews ? { declineCode: null } : {}) });
    await due.drop(work.trx, 'method', id);
    await due.drop(work.trx, 'forget_method', key);
    if (isNews && row.method) await due.set(work.trx, 'forget_method', row.method, clock.now());
    return this.#useFor(work, adopted);
  }

  /** The invoice that the new method is to pay now, if any. */
  async #useFor(work: Work, row: SubscriptionRow): Promise<string | undefined> {
    const { plans, lifecycle, due, clock } = this.#parts;
    const open = await openInvoice(work.trx, row.id);
    if (row.state === 'incomplete' && !open) {
      const { trialDays } = plans.of(row.planId);
      if (trialDays > 0 && !(await this.#hadTrial(work, row.userId))) {
        await lifecycle.beginTrial(work, row, trialDays);
        return undefined;
      }
      return (await lifecycle.invoiceNow(work, row, 'first')).id;
    }
    if (!open || !isLive(row.state)) return undefined;
    await due.set(work.trx, 'collect', open.id, clock.now() + HURRIED_MS);
    return open.id;
  }

  async #hadTrial({ trx }: Work, userId: string): Promise<boolean> {
    const trials = trx.selectFrom('subscriptions').select('id').where('userId', '=', userId);
    return (await trials.where('trialEndsAt', 'is not', null).executeTakeFirst()) !== undefined;
  }

  /** Tries what is open again now. Rejects with `payment_method_needed`, or `conflict` when nothing is open. */
  async pay(row: SubscriptionRow): Promise<void> {
    const { db, collector } = this.#parts;
    const open = await openInvoice(db, row.id);
    if (!open || (await pendingCharge(db, row.id))) {
      throw new Problem('conflict', { detail: open ? 'A payment is under way.' : 'Nothing is to be paid.' });
    }
    if (row.method === null) throw new Problem('payment_method_needed');
    await collector.collect(open.id);
  }

  /** The sweeper for checkouts: nobody came back, and no event told of it. */
  async look(subscriptionId: string): Promise<void> {
    const { db, due, clock, transaction } = this.#parts;
    const row = await subscriptionRow(db, subscriptionId);
    if (!row?.checkout) return;
    await this.adopt(subscriptionId, row.checkout).catch(refused);
    const now = await subscriptionRow(db, subscriptionId);
    const isOld = Date.parse(row.createdAt) + MAX_LOOKS_MS < clock.now();
    if (!now?.checkout || now.checkouts !== row.checkouts || (isOld && row.state === 'incomplete')) return;
    await transaction(({ trx }) => due.set(trx, 'method', subscriptionId, clock.now() + 6 * LOOK_MS));
  }

  /** An event of the provider: kept together with the work that it brings, and answered. */
  async receive(headers: Headers, body: string): Promise<void> {
    const { payments, due, clock, transaction, hurry } = this.#parts;
    const event = await payments.receive(headers, body);
    if (!event) return;
    const id = `${payments.name}:${createHash('sha256').update(event.id).digest('hex')}`;
    const { about, subject } = event;
    try {
      await transaction(async ({ trx }) => {
        await trx
          .insertInto('payment_events')
          .values({ id, about, subject, receivedAt: isoTime(clock) })
          .execute();
        await due.set(trx, 'event', id, clock.now());
      });
      hurry();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error; // told before: it is done, or will be
    }
  }

  /** What an event is about is asked of the provider; the event itself is not believed. */
  async handleEvent(id: string): Promise<void> {
    const { db, collector, payments } = this.#parts;
    const event = await db.selectFrom('payment_events').selectAll().where('id', '=', id).executeTakeFirst();
    if (!event) return;
    if (event.about === 'charge') return collector.check(event.subject);
    const method = await payments.method(event.subject).catch(refused);
    if (method) await this.adopt(method.subscriptionId, event.subject);
  }
}

/** Whoever is at the checkout sees it there; an event has nobody to tell. */
function refused(error: unknown): undefined {
  if (!(error instanceof Problem) || error.code !== 'payment_method_refused') throw error;
  return undefined;
}
