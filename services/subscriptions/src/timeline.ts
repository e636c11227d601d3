import type { ServerState, ServerTrouble, TimelineEntry } from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { Transaction } from 'kysely';
import type { Tables } from './schema.ts';
import type { TimelineRow } from './timeline-schema.ts';

/** More are forgotten, the oldest first. */
export const MOST_ENTRIES = 200;

export interface Trouble {
  readonly cause: ServerTrouble;
  /** ISO 8601; null where nobody tries again by themselves. */
  readonly retryAt: string | null;
}

interface NewEntry {
  readonly serverId: string;
  readonly state: ServerState;
  readonly at: string;
  /** Null: what there was is over. Undefined: of that nothing is known. */
  readonly trouble?: Trouble | null | undefined;
}

type Reader = Pick<Transaction<Tables>, 'selectFrom'>;

const newestFirst = (db: Reader, serverId: string) =>
  db.selectFrom('timeline').selectAll().where('serverId', '=', serverId).orderBy('id', 'desc');

/** The timeline of a server, newest first. */
export async function readTimeline(db: Reader, serverId: string): Promise<TimelineEntry[]> {
  const rows = await newestFirst(db, serverId).limit(MOST_ENTRIES).execute();
  return rows.map(({ id, at, state, trouble, tries, retryAt }) => ({
    id,
    at,
    state,
    trouble,
    tries,
    retryAt,
  }));
}

/**
 * Writes a line, in the transaction that makes it true. The same trouble again is counted on its line, a server that
 * falls back into what it came out of counts there too, and a nap is two lines: so a week of it does not push out what
 * happened before. A purged server has no timeline.
 */
export async function writeEntry(trx: Transaction<Tables>, entry: NewEntry): Promise<void> {
  const { serverId, state, at } = entry;
  if (state === 'purged') {
    await trx.deleteFrom('timeline').where('serverId', '=', serverId).execute();
    return;
  }
  const [last, before] = await newestFirst(trx, serverId).limit(2).execute();
  const reason = entry.trouble ?? (await billingReason(trx, entry));
  if (last?.state === state && reason === null && (entry.trouble === undefined || last.trouble === null))
    return;
  if (entry.trouble === undefined && isSameTrouble(last, state, reason)) return;
  const trouble = reason?.cause ?? null;
  const retryAt = reason?.retryAt ?? null;
  const isOverAgain = trouble === 'crash' && last?.trouble === null && isSameTrouble(before, state, reason);
  if (isOverAgain || isWoken(last, state)) await forget(trx, last as TimelineRow);
  const again = isSameTrouble(last, state, reason) ? last : isOverAgain ? before : undefined;
  if (again) {
    const more = { at, retryAt, tries: again.tries + 1 };
    await trx.updateTable('timeline').set(more).where('id', '=', again.id).execute();
    return;
  }
  const row: TimelineRow = { id: newId(), serverId, at, state, trouble, tries: 1, retryAt };
  await trx.insertInto('timeline').values(row).execute();
  await prune(trx, serverId);
}

const isSameTrouble = (row: TimelineRow | undefined, state: ServerState, reason: Trouble | null) =>
  reason !== null && row?.state === state && row.trouble === reason.cause;

/** It sleeps, wakes and is there: the middle tells nobody anything. */
const isWoken = (last: TimelineRow | undefined, state: ServerState) =>
  state === 'ready' && last?.state === 'waking' && last.trouble === null;

/** Why its subscription has stopped it. */
async function billingReason(trx: Reader, { serverId, state }: NewEntry): Promise<Trouble | null> {
  if (state !== 'suspended') return null;
  const of = trx
    .selectFrom('subscriptions')
    .select(['state', 'suspendedFor'])
    .where('serverId', '=', serverId);
  const found = await of.executeTakeFirst();
  if (!found) return null;
  if (found.suspendedFor !== null) return { cause: 'operator', retryAt: null };
  return { cause: found.state === 'unpaid' ? 'unpaid' : 'canceled', retryAt: null };
}

async function forget(trx: Transaction<Tables>, { id }: TimelineRow): Promise<void> {
  await trx.deleteFrom('timeline').where('id', '=', id).execute();
}

async function prune(trx: Transaction<Tables>, serverId: string): Promise<void> {
  const [last] = await newestFirst(trx, serverId).offset(MOST_ENTRIES).limit(1).execute();
  if (!last) return;
  await trx.deleteFrom('timeline').where('serverId', '=', serverId).where('id', '<=', last.id).execute();
}
