import type { EventData } from '@ptsdly/contract';
import { appendEvent } from '@ptsdly/db';
import type { Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * Once the last server of somebody who is gone is purged, their id leaves our rows, and the feed says what was removed,
 * for the receipt. While a server is still to be purged this does nothing.
 */
export async function settleDeparture(trx: Transaction<Tables>, userId: string): Promise<void> {
  const departed = await trx
    .selectFrom('departed')
    .select('userId')
    .where('userId', '=', userId)
    .executeTakeFirst();
  const owned = await trx
    .selectFrom('servers')
    .select(['id', 'state'])
    .where('ownerId', '=', userId)
    .execute();
  if (!departed || owned.some(({ state }) => state !== 'purged')) return;
  await trx.updateTable('servers').set({ ownerId: '' }).where('ownerId', '=', userId).execute();
  const counts = { servers: owned.length };
  const data: EventData = { type: 'account.removed', userId, service: 'subscriptions', counts };
  await appendEvent(trx, data);
}
