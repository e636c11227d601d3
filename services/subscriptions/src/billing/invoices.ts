import type { InvoiceLine, Plan } from '@ptsdly/contract';
import type { Transaction } from 'kysely';
import type { SubscriptionRow, Tables } from '../schema.ts';
import { totalOf } from './proration.ts';
import type { ChargeRow, InvoiceRow } from './schema.ts';

type Reader = Pick<Transaction<Tables>, 'selectFrom'>;

interface NewInvoice {
  readonly purpose: InvoiceRow['purpose'];
  /** The plan that it brings. */
  readonly plan: Plan;
  readonly lines: readonly InvoiceLine[];
  readonly createdAt: string;
}

/** Writes the next invoice of a subscription. The caller has saved the subscription, so there is one at a time. */
export async function newInvoice(
  trx: Transaction<Tables>,
  { id: subscriptionId, userId }: SubscriptionRow,
  { purpose, plan, lines, createdAt }: NewInvoice,
): Promise<InvoiceRow> {
  const { count } = await trx
    .selectFrom('invoices')
    .select((build) => build.fn.countAll<number>().as('count'))
    .where('subscriptionId', '=', subscriptionId)
    .executeTakeFirstOrThrow();
  const row: InvoiceRow = {
    id: `${subscriptionId}-${Number(count) + 1}`,
    ...{ subscriptionId, userId, purpose, planId: plan.id, state: 'open', amount: totalOf(lines) },
    ...{ currency: plan.price.currency, lines: JSON.stringify(lines), createdAt, firstTryAt: null, tries: 0 },
    ...{ paidAt: null, refunded: 0, methodLabel: null, receiptUrl: null },
  };
  await trx.insertInto('invoices').values(row).execute();
  return row;
}

export const invoiceRow = (db: Reader, id: string): Promise<InvoiceRow | undefined> =>
  db.selectFrom('invoices').selectAll().where('id', '=', id).executeTakeFirst();

export const chargeRow = (db: Reader, id: string): Promise<ChargeRow | undefined> =>
  db.selectFrom('charges').selectAll().where('id', '=', id).executeTakeFirst();

/** The newest invoice that waits to be paid. */
export async function openInvoice(db: Reader, subscriptionId: string): Promise<InvoiceRow | undefined> {
  const open = db.selectFrom('invoices').selectAll().where('subscriptionId', '=', subscriptionId);
  return open.where('state', '=', 'open').orderBy('createdAt', 'desc').limit(1).executeTakeFirst();
}

/** A charge of which the provider has not said yet what became of it. */
export function pendingCharge(db: Reader, subscriptionId: string): Promise<ChargeRow | undefined> {
  return db
    .selectFrom('charges')
    .innerJoin('invoices', 'invoices.id', 'charges.invoiceId')
    .selectAll('charges')
    .where('invoices.subscriptionId', '=', subscriptionId)
    .where('charges.state', '=', 'pending')
    .limit(1)
    .executeTakeFirst();
}

/** Nobody is asked for the open invoices of a subscription any more. */
export async function settleOpen(
  trx: Transaction<Tables>,
  subscriptionId: string,
  state: 'void' | 'uncollectible',
): Promise<void> {
  await trx
    .updateTable('invoices')
    .set({ state })
    .where('subscriptionId', '=', subscriptionId)
    .where('state', '=', 'open')
    .execute();
}
