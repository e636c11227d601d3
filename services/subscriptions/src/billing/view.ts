import type { Invoice, Subscription } from '@ptsdly/contract';
import type { Transaction } from 'kysely';
import type { Plans } from '../plans.ts';
import type { ServerRow, SubscriptionRow, Tables } from '../schema.ts';
import type { Servers } from '../servers.ts';
import type { Due } from './due.ts';
import { openInvoice, pendingCharge } from './invoices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { isLive } from './machine.ts';
import { type InvoiceRow, linesOf } from './schema.ts';

export interface ViewParts {
  readonly db: Pick<Transaction<Tables>, 'selectFrom'>;
  readonly servers: Servers;
  readonly plans: Plans;
  readonly lifecycle: Lifecycle;
  readonly due: Due;
}

/** A subscription as its owner sees it. */
export async function viewOf(
  row: SubscriptionRow,
  server: ServerRow,
  parts: ViewParts,
): Promise<Subscription> {
  const { db, servers, due } = parts;
  const open = await openInvoice(db, row.id);
  const retryAt = open && row.declineCode !== null ? await due.at(db, 'collect', open.id) : null;
  const { id, planId, state, createdAt, canceledAt, periodStart, periodEnd, trialEndsAt } = row;
  const { endsAt, nextPlanId, declineCode, suspendedFor, purgeAt, exportUntil } = row;
  return {
    ...{ id, planId, state, server: servers.brief(server), createdAt, canceledAt },
    ...{ periodStart, periodEnd, trialEndsAt, endsAt, nextPlanId },
    nextCharge: nextChargeOf(row, parts),
    method: row.methodLabel,
    payment: await paymentOf(row, parts),
    ...{ declineCode, retryAt: retryAt === null ? null : new Date(retryAt).toISOString() },
    ...{ suspendedFor, purgeAt, exportUntil },
  };
}

function nextChargeOf(row: SubscriptionRow, { plans, lifecycle }: ViewParts): Subscription['nextCharge'] {
  const plan = plans.items.find(({ id }) => id === (row.nextPlanId ?? row.planId));
  const goesOn = row.state === 'active' || row.state === 'trialing' || row.state === 'past_due';
  if (!plan || !goesOn || row.endsAt !== null || row.periodEnd === null || lifecycle.isFree(plan))
    return null;
  const { amount, currency } = plan.price;
  return { amount, currency, at: row.periodEnd };
}

async function paymentOf(row: SubscriptionRow, parts: ViewParts): Promise<Subscription['payment']> {
  if (await pendingCharge(parts.db, row.id)) return 'pending';
  const owes = row.state === 'incomplete' || nextChargeOf(row, parts) !== null;
  if (row.method === null && isLive(row.state) && owes) return 'method_needed';
  return row.declineCode === null ? 'settled' : 'declined';
}

export function invoiceView(row: InvoiceRow): Invoice {
  const { id, state, amount, currency, createdAt, paidAt, refunded, methodLabel, receiptUrl } = row;
  return {
    ...{ id, state, amount, currency, lines: linesOf(row), createdAt, paidAt },
    ...{ refunded, method: methodLabel, receiptUrl },
  };
}
