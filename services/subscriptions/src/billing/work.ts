import { Problem } from '@ptsdly/contract';
import type { Transaction } from 'kysely';
import type { ServerRow, SubscriptionRow, Tables } from '../schema.ts';
import type { Publish, Servers, Tell } from '../servers.ts';

/** One transaction over subscriptions, invoices and servers, and what is told once it is committed. */
export interface Work {
  readonly trx: Transaction<Tables>;
  /** A server's state has changed. */
  readonly publish: Publish;
  /** A fact for the feed. */
  readonly tell: Tell;
  /** The reconcile loop looks at this server after the commit. */
  readonly nudge: (serverId: string) => void;
}

/** Runs work in one transaction; nobody hears of it unless it is committed. */
export async function inTransaction<T>(
  servers: Servers,
  nudge: (serverId: string) => void,
  work: (work: Work) => Promise<T>,
): Promise<T> {
  const touched = new Set<string>();
  const result = await servers.transaction((trx, publish, tell) =>
    work({ trx, publish, tell, nudge: (id) => touched.add(id) }),
  );
  for (const id of touched) nudge(id);
  return result;
}

/**
 * Changes a subscription that was read before. Rejects with `conflict` when somebody else has changed it since, so
 * that of two who decide at once one decides on what is true.
 */
export async function save(
  { trx }: Pick<Work, 'trx'>,
  row: SubscriptionRow,
  changes: Partial<SubscriptionRow>,
): Promise<SubscriptionRow> {
  const revision = row.revision + 1;
  const updated = await trx
    .updateTable('subscriptions')
    .set({ ...changes, revision })
    .where('id', '=', row.id)
    .where('revision', '=', row.revision)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) {
    throw new Problem('conflict', {
      detail: 'The subscription was changed at the same moment. Please try again.',
      retryAfter: 1,
    });
  }
  return { ...row, ...changes, revision };
}

type Reader = Pick<Transaction<Tables>, 'selectFrom'>;

export const subscriptionRow = (db: Reader, id: string): Promise<SubscriptionRow | undefined> =>
  db.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirst();

export const serverRow = (db: Reader, id: string): Promise<ServerRow> =>
  db.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
