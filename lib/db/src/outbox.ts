import { type Kysely, sql, type Transaction } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The rows of an outbox and of the cursors of followed feeds; a service's schema extends this. */
export interface OutboxTables {
  outbox: { seq: number; at: string; data: string };
  cursors: { feed: string; seq: number };
}

/** Makes both tables. `seq` is never reused, so a deleted row leaves a gap and not a lie. */
export const outboxMigration: Migration = {
  async up(db) {
    await sql`create table outbox (seq integer primary key autoincrement, at text not null, data text not null)`.execute(
      db,
    );
    await sql`create table cursors (feed varchar(100) primary key, seq integer not null)`.execute(db);
  },
};

/** Writes one fact in the transaction that makes it true. Returns its number. */
export async function appendEvent<T extends OutboxTables>(
  trx: Transaction<T>,
  data: object,
): Promise<number> {
  const tables = trx as unknown as Transaction<OutboxTables>;
  const row = { at: new Date().toISOString(), data: JSON.stringify(data) };
  const { insertId } = await tables
    .insertInto('outbox')
    .values(row as never)
    .executeTakeFirstOrThrow();
  return Number(insertId);
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
    async save(seq: number): Promise<void> {
      const saved = await tables
        .updateTable('cursors')
        .set({ seq })
        .where('feed', '=', feed)
        .executeTakeFirst();
      if (saved.numUpdatedRows === 0n) await tables.insertInto('cursors').values({ feed, seq }).execute();
    },
  };
}
