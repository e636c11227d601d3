import { Problem } from '@ptsdly/contract';
import type { Clock } from '../clock.ts';
import type { Plans } from '../plans.ts';
import type { Database, SubscriptionRow } from '../schema.ts';
import { declineOf } from './changes-of-plan.ts';
import type { Collector } from './collector.ts';
import type { Due } from './due.ts';
import { EXPORT_HOURS } from './dunning.ts';
import { openInvoice } from './invoices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { isLive } from './machine.ts';
import { after, applyWish, modeOf } from './service-wish.ts';
import { save, subscriptionRow, type Work } from './work.ts';

const HOUR_MS = 3600_000;

export interface EndingsParts {
  readonly db: Database;
  readonly plans: Plans;
  readonly lifecycle: Lifecycle;
  readonly collector: Collector;
  readonly due: Due;
  readonly clock: Clock;
  readonly transaction: <T>(work: (work: Work) => Promise<T>) => Promise<T>;
}

/** How a subscription ends before its time, and how that is taken back. */
export class Endings {
  readonly #parts: EndingsParts;

  constructor(parts: EndingsParts) {
    this.#parts = parts;
  }

  async cancel(work: Work, row: SubscriptionRow, when: 'now' | 'period_end'): Promise<void> {
    const { plans, lifecycle } = this.#parts;
    const isPaidFor = row.state === 'active' && !lifecycle.isFree(plans.of(row.planId));
    const waits = when === 'period_end' && (isPaidFor || row.state === 'trialing') && row.periodEnd !== null;
    if (waits) await save(work, row, { endsAt: row.periodEnd, nextPlanId: null });
    else await lifecycle.end(work, row);
  }

  /**
   * Takes back what was planned; an ended subscription begins anew, with its data, once it is paid. Rejects with
   * `conflict` (nothing to take back), `already_subscribed`, `payment_method_needed` or `payment_declined`.
   */
  async resume(row: SubscriptionRow): Promise<void> {
    if (isLive(row.state)) return this.#takeBack(row);
    if (row.state !== 'canceled') {
      throw new Problem('conflict', { detail: 'The data of this subscription is gone. Subscribe anew.' });
    }
    const { db, plans, lifecycle, collector } = this.#parts;
    const live = db.selectFrom('subscriptions').select('id').where('liveUserId', '=', row.userId);
    if (await live.executeTakeFirst()) throw new Problem('already_subscribed');
    if (lifecycle.isFree(plans.of(row.planId))) {
      await this.#parts.transaction((work) => lifecycle.comeBack(work, row));
      return;
    }
    if (row.method === null) throw new Problem('payment_method_needed');
    const invoiceId = await this.#parts.transaction(async (work) => {
      const open = await openInvoice(work.trx, row.id);
      return open?.id ?? (await lifecycle.invoiceNow(work, await save(work, row, {}), 'return')).id;
    });
    if ((await collector.collect(invoiceId)) !== 'declined') return;
    const code = await declineOf(db, invoiceId);
    throw new Problem('payment_declined', { errors: [{ field: 'payment', message: code }] });
  }

  async #takeBack(row: SubscriptionRow): Promise<void> {
    if (row.endsAt === null && row.nextPlanId === null) {
      throw new Problem('conflict', { detail: 'Nothing was canceled.' });
    }
    await this.#parts.transaction((work) => save(work, row, { endsAt: null, nextPlanId: null }));
  }

  /** Runs a stopped server for a day, for downloads only. Rejects with `conflict` where it runs, or must not. */
  async openForExport(work: Work, row: SubscriptionRow): Promise<void> {
    const { clock, due } = this.#parts;
    if (modeOf(row) !== 'export' || row.suspendedFor !== null) throw new Problem('conflict');
    const exportUntil = after(clock, EXPORT_HOURS * HOUR_MS);
    const opened = await save(work, row, { exportUntil });
    await due.set(work.trx, 'export_end', row.id, Date.parse(exportUntil));
    await applyWish(work, opened, clock);
  }

  /** An operator stops the server, whatever is paid; null lets it run again. By the id of either. */
  async suspend(id: string, suspendedFor: string | null): Promise<SubscriptionRow> {
    const { clock, lifecycle } = this.#parts;
    return this.#parts.transaction(async (work) => {
      const byServer = work.trx.selectFrom('subscriptions').selectAll().where('serverId', '=', id);
      const row = (await subscriptionRow(work.trx, id)) ?? (await byServer.executeTakeFirst());
      if (!row) throw new Problem('not_found');
      const changed = await save(work, row, { suspendedFor });
      await applyWish(work, changed, clock);
      if (suspendedFor !== null) {
        await lifecycle.write(work, row, 'subscription-suspended', { reason: suspendedFor });
      }
      return changed;
    });
  }
}
