import type { ServerState, ServerTrouble } from '@ptsdly/contract';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A line of a server's timeline. */
export interface TimelineRow {
  /** Sorts by time. */
  id: string;
  serverId: string;
  at: string;
  state: ServerState;
  trouble: ServerTrouble | null;
  tries: number;
  retryAt: string | null;
}

export interface TimelineTables {
  timeline: TimelineRow;
}

export const timelineMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('timeline')
      .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('serverId', 'varchar(64)', (column) => column.notNull())
      .addColumn('at', 'varchar(30)', (column) => column.notNull())
      .addColumn('state', 'varchar(20)', (column) => column.notNull())
      .addColumn('trouble', 'varchar(20)')
      .addColumn('tries', 'integer', (column) => column.notNull())
      .addColumn('retryAt', 'varchar(30)')
      .execute();
    await db.schema.createIndex('timeline_server').on('timeline').columns(['serverId', 'id']).execute();
  },
};
