import type { RefundDue, SubscriptionEntry } from '@ptsdly/contract';
import type { Database, SubscriptionRow } from '../schema.ts';

/** A subscription as an operator sees it. */
export function entryOf(row: SubscriptionRow): SubscriptionEntry {
  const { id, userId, planId, state, serverId, suspendedFor, periodEnd, purgeAt } = row;
  return { id, userId, planId, state, serverId, suspendedFor, periodEnd, purgeAt };
}

/** Newest first; the cursor is the last id of a page. */
export async function listEntries(
  db: Database,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: SubscriptionEntry[]; nextCursor: string | null }> {
  const all = db
    .selectFrom('subscriptions')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit + 1);
  const rows = await (cursor === undefined ? all : all.where('id', '<', cursor)).execute();
  const items = rows.slice(0, limit).map(entryOf);
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Charges that nobody owed, the oldest first. */
export async function listRefundsDue(db: Database): Promise<RefundDue[]> {
  const rows = await db
    .selectFrom('charges')
    .innerJoin('invoices', 'invoices.id', 'charges.invoiceId')
    .select(['charges.id as chargeId', 'subscriptionId', 'userId', 'charges.amount', 'charges.currency'])
    .select(['refundFor as why', 'settledAt as paidAt'])
    .where('refundFor', 'is not', null)
    .orderBy('settledAt')
    .limit(200)
    .$narrowType<{ why: RefundDue['why'] }>()
    .execute();
  return rows;
}
