import { type Kysely, sql, type Transaction } from 'kysely';
import type { Migration } from 'kysely/migration';
import { engineOf } from './engine.ts';
import { upsert } from './upsert.ts';

/** The rows of an outbox and of the cursors of followed feeds; a service's schema extends this. */
export interface OutboxTables {
  outbox: { seq: number; at: string; data: string };
  /** One row: the number of the newest event, whether or not that is still there. */
  outbox_head: { id: number; seq: number };
  /** How far those who must hear every event have applied them. */
  outbox_applied: { consumer: string; seq: number };
  cursors: { feed: string; seq: number };
}

/** Makes the outbox and the cursors; `outboxHeadMigration` has to follow. */
export const outboxMigration: Migration = {
  async up(db) {
    const seq = engineOf(db) === 'mariadb' ? 'bigint primary key' : 'integer primary key autoincrement';
    await sql`create table outbox (seq ${sql.raw(seq)}, at varchar(30) not null, data text not null)`.execute(
      db,
    );
    await sql`create table cursors (feed varchar(100) primary key, seq bigint not null)`.execute(db);
  },
};

/** Numbers are counted in a row of their own, so that old events can go. */
export const outboxHeadMigration: Migration = {
  async up(db) {
    await sql`create table outbox_head (id integer primary key, seq bigint not null)`.execute(db);
    await sql`create table outbox_applied (consumer varchar(100) primary key, seq bigint not null)`.execute(
      db,
    );
    await sql`create index outbox_at on outbox (at)`.execute(db);
    const tables = db as unknown as Kysely<OutboxTables>;
    await upsert(tables, 'outbox_head', { id: 1, seq: await numberedSoFar(db) }, ['id']);
  },
};

/** SQLite has counted by itself until now, and remembers what it gave to rows that are gone. */
async function numberedSoFar(db: Kysely<unknown>): Promise<number> {
  if (engineOf(db) === 'mariadb') return 0;
  const { rows } = await sql<{ seq: number }>`select seq from sqlite_sequence where name = 'outbox'`.execute(
    db,
  );
  return rows[0]?.seq ?? 0;
}

/**
 * Writes one fact in the transaction that makes it true. Returns its number. The row of the head is held until the
 * transaction ends, so events become visible in the order of their numbers: who has read 5 will never miss 4.
 */
export async function appendEvent<T extends OutboxTables>(
  trx: Transaction<T>,
  data: object,
): Promise<number> {
  const tables = trx as unknown as Transaction<OutboxTables>;
  await tables
    .updateTable('outbox_head')
    .set((eb) => ({ seq: eb('seq', '+', 1) }))
    .where('id', '=', 1)
    .execute();
  const seq = await lastEvent(tables);
  await tables
    .insertInto('outbox')
    .values({ seq, at: new Date().toISOString(), data: JSON.stringify(data) })
    .execute();
  return seq;
}

/** The number of the newest event; 0 where there was none. */
export async function lastEvent<T extends OutboxTables>(db: Kysely<T>): Promise<number> {
  const tables = db as unknown as Kysely<OutboxTables>;
  const { seq } = await tables
    .selectFrom('outbox_head')
    .select('seq')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return seq;
}

/** Lets the next event have a number that is higher by so many: whoever has read ahead misses none. */
export async function skipEvents<T extends OutboxTables>(db: Kysely<T>, count: number): Promise<void> {
  const tables = db as unknown as Kysely<OutboxTables>;
  await tables
    .updateTable('outbox_head')
    .set((eb) => ({ seq: eb('seq', '+', count) }))
    .where('id', '=', 1)
    .execute();
}

/** Reads a service's outbox, for its feed. `E` is the event data that the service writes. */
export function readOutbox<E, T extends OutboxTables = OutboxTables>(db: Kysely<T>) {
  const tables = db as unknown as Kysely<OutboxTables>;
  return {
    async read(after: number, limit: number): Promise<{ seq: number; at: string; data: E }[]> {
      const rows = await tables
        .selectFrom('outbox')
        .selectAll()
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map(({ seq, at, data }) => ({ seq, at, data: JSON.parse(data) as E }));
    },
    last: () => lastEvent(tables),
  };
}

/**
 * Removes events written before a time (ISO 8601), except what somebody in `needed` has not applied yet, and whatever
 * stands after that. Returns how many went.
 */
export async function pruneOutbox<T extends OutboxTables>(
  db: Kysely<T>,
  before: string,
  needed: readonly string[],
): Promise<number> {
  const tables = db as unknown as Kysely<OutboxTables>;
  const applied = await tables
    .selectFrom('outbox_applied')
    .selectAll()
    .where('consumer', 'in', [...needed, ''])
    .execute();
  const upTo = needed.map((name) => applied.find(({ consumer }) => consumer === name)?.seq ?? 0);
  let gone = tables.deleteFrom('outbox').where('at', '<', before);
  if (upTo.length > 0) gone = gone.where('seq', '<=', Math.min(...upTo));
  return Number((await gone.executeTakeFirst()).numDeletedRows);
}

/** How far those who must hear every event have applied the feed, whichever process told them. */
export function appliedProgress<T extends OutboxTables>(db: Kysely<T>) {
  const tables = db as unknown as Kysely<OutboxTables>;
  return {
    async load(consumer: string): Promise<number> {
      const applied = tables.selectFrom('outbox_applied').select('seq').where('consumer', '=', consumer);
      return (await applied.executeTakeFirst())?.seq ?? -1;
    },
    save: (consumer: string, seq: number): Promise<void> =>
      upsert(tables, 'outbox_applied', { consumer, seq }, ['consumer'], { seq }),
  };
}

/** Where a service keeps how far it has followed another's feed. */
export function feedCursor<T extends OutboxTables>(db: Kysely<T>, feed: string) {
  const tables = db as unknown as Kysely<OutboxTables>;
  return {
    async load(): Promise<number> {
      const row = await tables
        .selectFrom('cursors')
        .select('seq')
        .where('feed', '=', feed)
        .executeTakeFirst();
      return row?.seq ?? 0;
    },
    save: (seq: number): Promise<void> => upsert(tables, 'cursors', { feed, seq }, ['feed'], { seq }),
  };
}
