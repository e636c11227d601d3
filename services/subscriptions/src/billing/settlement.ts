import type { DeclineCode, RefundDue } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import { type Clock, isoTime } from '../clock.ts';
import type { ChargeResult } from '../payments/payments.ts';
import type { Plans } from '../plans.ts';
import type { SubscriptionRow } from '../schema.ts';
import type { Due } from './due.ts';
import { DAY_MS, GIVE_UP_DAYS, nextTry } from './dunning.ts';
import { chargeRow, invoiceRow } from './invoices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { afterEvent, isLive } from './machine.ts';
import { type ChargeRow, type InvoiceRow, linesOf } from './schema.ts';
import { applyWish, resize } from './service-wish.ts';
import { save, subscriptionRow, type Work } from './work.ts';

export interface SettlementParts {
  readonly plans: Plans;
  readonly due: Due;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
}

type Known = Exclude<ChargeResult, { state: 'pending' }>;

/**
 * What the outcome of a charge brings, in one transaction and once: whatever comes late, twice or in another order
 * finds the charge settled. Only one thing overrules what was settled: a provider that says it was paid after all.
 */
export class Settlement {
  readonly #parts: SettlementParts;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  async settle(work: Work, chargeId: string, result: Known): Promise<void> {
    const charge = await chargeRow(work.trx, chargeId);
    const invoice = charge && (await invoiceRow(work.trx, charge.invoiceId));
    if (!charge || !invoice) return;
    if (result.state === 'paid') {
      if (charge.state !== 'paid') await this.#paid(work, charge, invoice, result.receiptUrl);
      await this.#refunded(work, chargeId, invoice, result.refunded);
    } else if (charge.state === 'pending') {
      const row = await subscriptionRow(work.trx, invoice.subscriptionId);
      await this.#close(work, charge, { state: 'declined', declineCode: result.code });
      if (row && invoice.state === 'open') await this.declined(work, row, invoice, result.code);
    }
  }

  /** What the provider has given back. Of an invoice that was paid twice, one charge stays. */
  async #refunded({ trx }: Work, chargeId: string, invoice: InvoiceRow, refunded: number): Promise<void> {
    const charge = await chargeRow(trx, chargeId);
    if (charge?.refundFor && refunded >= charge.amount) {
      await trx.updateTable('charges').set({ refundFor: null }).where('id', '=', chargeId).execute();
    }
    if (charge?.refundFor !== 'paid_twice' && refunded > invoice.refunded) {
      await trx.updateTable('invoices').set({ refunded }).where('id', '=', invoice.id).execute();
    }
  }

  /** Nobody owes it: it is listed for the operator until the provider has given it back. */
  async #oweBack({ trx }: Work, chargeId: string, refundFor: RefundDue['why']): Promise<void> {
    this.#parts.log.error({ chargeId, refundFor }, 'a charge is to be refunded at the provider');
    await trx.updateTable('charges').set({ refundFor }).where('id', '=', chargeId).execute();
  }

  /** An invoice could not be collected: it is tried again by the days of dunning, or was only an offer. */
  async declined(work: Work, row: SubscriptionRow, invoice: InvoiceRow, code: DeclineCode): Promise<void> {
    const { due, clock, lifecycle } = this.#parts;
    if (invoice.purpose === 'upgrade' || invoice.purpose === 'return') {
      await work.trx.updateTable('invoices').set({ state: 'void' }).where('id', '=', invoice.id).execute();
      return;
    }
    if (invoice.purpose === 'first') {
      await save(work, row, { declineCode: code });
      return;
    }
    const current = (await invoiceRow(work.trx, invoice.id)) ?? invoice;
    const firstTryAt = current.firstTryAt ?? clock.now();
    await work.trx.updateTable('invoices').set({ firstTryAt }).where('id', '=', invoice.id).execute();
    const again = row.state === 'unpaid' ? null : nextTry(firstTryAt, Math.max(1, current.tries), code);
    const at = again === null ? null : Math.max(again, clock.now());
    if (at !== null) await due.set(work.trx, 'collect', invoice.id, at);
    if (row.state !== 'past_due' && row.state !== 'unpaid') {
      await due.set(work.trx, 'give_up', row.id, firstTryAt + GIVE_UP_DAYS * DAY_MS);
    }
    const late = await save(work, row, { state: afterEvent(row.state, 'declined'), declineCode: code });
    await applyWish(work, late, clock);
    await lifecycle.write(work, row, 'payment-failed', {
      ...{ code, amount: String(invoice.amount), currency: invoice.currency },
      retryAt: at === null ? '' : new Date(at).toISOString(),
      stopsAt: new Date(firstTryAt + GIVE_UP_DAYS * DAY_MS).toISOString(),
    });
  }

  async #paid(work: Work, charge: ChargeRow, invoice: InvoiceRow, receiptUrl: string | null): Promise<void> {
    const { clock, due, lifecycle } = this.#parts;
    await this.#close(work, charge, { state: 'paid', declineCode: null });
    await due.drop(work.trx, 'check', charge.id);
    if (invoice.state === 'paid') {
      return this.#oweBack(work, charge.id, 'paid_twice');
    }
    const row = await subscriptionRow(work.trx, invoice.subscriptionId);
    const paid = {
      state: 'paid',
      paidAt: isoTime(clock),
      methodLabel: row?.methodLabel ?? null,
      receiptUrl,
    } as const;
    await work.trx.updateTable('invoices').set(paid).where('id', '=', invoice.id).execute();
    await due.drop(work.trx, 'collect', invoice.id);
    const bears =
      row !== undefined && (invoice.purpose === 'return' ? row.state === 'canceled' : isLive(row.state));
    if (!bears) {
      return this.#oweBack(work, charge.id, 'ended');
    }
    await this.#bring(work, row, invoice);
    await lifecycle.write(work, row, 'payment-receipt', {
      ...{ amount: String(invoice.amount), currency: invoice.currency },
      ...{ plan: invoice.planId, method: row.methodLabel ?? '' },
    });
  }

  /** What was paid for. */
  async #bring(work: Work, row: SubscriptionRow, invoice: InvoiceRow): Promise<void> {
    const { lifecycle, due, clock } = this.#parts;
    if (invoice.purpose === 'upgrade') return this.#upgrade(work, row, invoice);
    if (invoice.purpose === 'return') return void (await lifecycle.comeBack(work, row));
    if (row.state === 'incomplete') {
      return void (await lifecycle.begin(work, row, linesOf(invoice)[0]?.from ?? isoTime(clock)));
    }
    for (const kind of ['give_up', 'abandon', 'export_end'] as const) await due.drop(work.trx, kind, row.id);
    if (row.state === 'unpaid') {
      const restarted = await lifecycle.restart(work, { ...row, exportUntil: null });
      await applyWish(work, restarted, clock);
      return;
    }
    const settled = await save(work, row, { state: afterEvent(row.state, 'paid'), declineCode: null });
    await due.set(work.trx, 'period', row.id, Date.parse(row.periodEnd ?? isoTime(clock)));
    await applyWish(work, settled, clock);
  }

  /** The dearer plan that was paid for; one of another interval begins a period of its own. */
  async #upgrade(work: Work, row: SubscriptionRow, invoice: InvoiceRow): Promise<void> {
    const { plans, due, clock } = this.#parts;
    const plan = plans.of(invoice.planId);
    const line = linesOf(invoice).find(({ kind }) => kind === 'plan');
    const isNewPeriod = line !== undefined && line.to !== row.periodEnd;
    const period = isNewPeriod ? { anchorAt: line.from, periodStart: line.from, periodEnd: line.to } : {};
    await save(work, row, { planId: plan.id, nextPlanId: null, endsAt: null, declineCode: null, ...period });
    if (isNewPeriod) await due.set(work.trx, 'period', row.id, Date.parse(line.to));
    await resize(work, row.serverId, plan.storageBytes, clock);
  }

  async #close(
    { trx }: Work,
    { id }: ChargeRow,
    outcome: Pick<ChargeRow, 'state' | 'declineCode'>,
  ): Promise<void> {
    const settledAt = isoTime(this.#parts.clock);
    await trx
      .updateTable('charges')
      .set({ ...outcome, settledAt })
      .where('id', '=', id)
      .execute();
  }
}
