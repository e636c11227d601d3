import type { DeclineCode } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import { type Clock, isoTime } from '../clock.ts';
import type { ChargeOrder, ChargeResult, Payments } from '../payments/payments.ts';
import type { Database } from '../schema.ts';
import type { Due } from './due.ts';
import { chargeRow, invoiceRow } from './invoices.ts';
import type { ChargeRow, InvoiceRow } from './schema.ts';
import type { Settlement } from './settlement.ts';
import { subscriptionRow, type Work } from './work.ts';

/** The sweeper asks what became of a charge when nobody has told by then, and again. */
const CHECK_MS = 120_000;
/** Somebody is waiting for the answer; the loop takes over when they are gone. */
export const HURRIED_MS = 60_000;

export interface CollectorParts {
  readonly db: Database;
  readonly payments: Payments;
  readonly settlement: Settlement;
  readonly due: Due;
  readonly clock: Clock;
  readonly transaction: <T>(work: (work: Work) => Promise<T>) => Promise<T>;
  readonly log: Logger;
}

export type Collected = 'paid' | 'declined' | 'pending' | 'method_needed' | 'nothing';

/**
 * Charges invoices. A charge is written down before the provider is asked, under an id that is never used again; the
 * answer, an event and the sweeper all lead to the same place, which counts once. While the outcome of one charge is
 * unknown there is no other for its invoice.
 */
export class Collector {
  readonly #parts: CollectorParts;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  /** Tries to collect an open invoice now. */
  async collect(invoiceId: string): Promise<Collected> {
    const charge = await this.#parts.transaction((work) => this.#begin(work, invoiceId));
    if (typeof charge === 'string') return charge;
    const order = await this.#order(charge);
    let result: ChargeResult;
    try {
      result = await this.#parts.payments.charge(order);
    } catch (error) {
      this.#parts.log.warn({ err: error, chargeId: charge.id }, 'what became of a charge is not known yet');
      return 'pending';
    }
    return this.#settle(charge.id, result);
  }

  /** Asks the provider what became of a charge, and charges when it has never heard of it. */
  async check(chargeId: string): Promise<void> {
    const { db, payments, due, clock } = this.#parts;
    const charge = await chargeRow(db, chargeId);
    if (!charge) return;
    const order = await this.#order(charge);
    const known = await payments.lookup(order);
    const result = known ?? (charge.state === 'pending' ? await payments.charge(order) : undefined);
    if (!result) return;
    if ((await this.#settle(chargeId, result)) !== 'pending') return;
    const next = clock.now() + Math.max(CHECK_MS, (clock.now() - Date.parse(charge.createdAt)) / 2);
    await this.#parts.transaction(({ trx }) => due.set(trx, 'check', chargeId, next));
  }

  async #settle(chargeId: string, result: ChargeResult): Promise<Collected> {
    if (result.state !== 'pending') {
      await this.#parts.transaction((work) => this.#parts.settlement.settle(work, chargeId, result));
    }
    return result.state;
  }

  /** Writes the next charge of an invoice down, or says why there is none. */
  async #begin(work: Work, invoiceId: string): Promise<ChargeRow | Collected> {
    const { settlement, due, clock } = this.#parts;
    const { trx } = work;
    const invoice = await invoiceRow(trx, invoiceId);
    if (invoice?.state !== 'open') return invoice?.state === 'paid' ? 'paid' : 'nothing';
    const row = await subscriptionRow(trx, invoice.subscriptionId);
    if (!row) return 'nothing';
    const pending = trx.selectFrom('charges').select('id').where('invoiceId', '=', invoiceId);
    if (await pending.where('state', '=', 'pending').executeTakeFirst()) return 'pending';
    await due.drop(trx, 'collect', invoiceId);
    if (row.method === null) {
      const code: DeclineCode = 'method_gone';
      if (row.state !== 'incomplete') await settlement.declined(work, row, invoice, code);
      return 'method_needed';
    }
    const charge = await this.#write(work, invoice, { method: row.method, customer: row.customer });
    await due.set(trx, 'check', charge.id, clock.now() + CHECK_MS);
    return charge;
  }

  async #write(
    { trx }: Work,
    invoice: InvoiceRow,
    { method, customer }: { method: string; customer: string | null },
  ): Promise<ChargeRow> {
    const { clock } = this.#parts;
    const tries = invoice.tries + 1;
    const charge: ChargeRow = {
      ...{ id: `${invoice.id}-${tries}`, invoiceId: invoice.id, method, customer },
      ...{ amount: invoice.amount, currency: invoice.currency, state: 'pending', declineCode: null },
      ...{ createdAt: isoTime(clock), settledAt: null, refundFor: null },
    };
    await trx.insertInto('charges').values(charge).execute();
    await trx
      .updateTable('invoices')
      .set({ tries, firstTryAt: invoice.firstTryAt ?? clock.now() })
      .where('id', '=', invoice.id)
      .execute();
    return charge;
  }

  async #order(charge: ChargeRow): Promise<ChargeOrder> {
    const { id, customer, method, amount, currency, createdAt } = charge;
    const invoice = await invoiceRow(this.#parts.db, charge.invoiceId);
    const subscriptionId = invoice?.subscriptionId ?? '';
    const name = `PTSD.ly ${invoice?.planId ?? ''}`.trim();
    return { id, subscriptionId, customer, method, amount, currency, name, createdAt };
  }
}
