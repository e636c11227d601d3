import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What a server has sent in a month of its subscription, and to how many it is sending. */
export interface MeterRow {
  serverId: string;
  /** ISO 8601: the month that `sentBytes` counts. */
  monthStart: string;
  sentBytes: number;
  /** The run of the server that told last, and what it had sent by then. */
  run: string;
  runBytes: number;
  viewers: number;
  /** Milliseconds since 1970. */
  toldAt: number;
}

export interface MeterTables {
  meters: MeterRow;
}

export const meterMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('meters')
      .addColumn('serverId', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('monthStart', 'varchar(30)', (column) => column.notNull())
      .addColumn('sentBytes', 'bigint', (column) => column.notNull())
      .addColumn('run', 'varchar(64)', (column) => column.notNull())
      .addColumn('runBytes', 'bigint', (column) => column.notNull())
      .addColumn('viewers', 'integer', (column) => column.notNull())
      .addColumn('toldAt', 'bigint', (column) => column.notNull())
      .execute();
  },
};
