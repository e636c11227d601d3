import type { ServerState, StoragePlace, Subscription } from '@ptsdly/contract';
import { type Migrations, type OutboxTables, outboxHeadMigration, outboxMigration } from '@ptsdly/db';
import type { Kysely } from 'kysely';
import { type BillingRow, type BillingTables, billingMigration, refundMigration } from './billing/schema.ts';
import type { DatabasePlace } from './hosts/host.ts';
import { type MeterTables, meterMigration } from './meter-schema.ts';
import { type TimelineTables, timelineMigration } from './timeline-schema.ts';

/**
 * What the server is meant to be; the reconcile loop makes it so. `asleep`: running as soon as somebody asks for it.
 * `held`: not to be made yet, because it is not paid for.
 */
export type Desired = 'held' | 'running' | 'asleep' | 'stopped' | 'purged';

export interface SubscriptionRow extends BillingRow {
  id: string;
  userId: string;
  planId: string;
  state: Subscription['state'];
  serverId: string;
  /** The user while the subscription is live, else null: its unique index allows one live one an account. */
  liveUserId: string | null;
  createdAt: string;
  canceledAt: string | null;
}

export interface ServerRow {
  id: string;
  slug: string;
  ownerId: string;
  name: string;
  desired: Desired;
  /** Grows by one with every change of the configuration that the host is given. */
  generation: number;
  quotaBytes: number;
  usedBytes: number;
  storage: StoragePlace;
  /** Objects that are not yet where they belong, as it told last. */
  objectsLeft: number | null;
  /** Null: made before this was noted; its host knows. */
  databasePlace: DatabasePlace | null;
  state: ServerState;
  failure: string | null;
  createdAt: string;
  readyAt: string | null;
  /** When the loop looks at the server again (ms since 1970); null: settled, only a nudge or the sweep does. */
  nextRunAt: number | null;
  attempts: number;
  lastError: string | null;
  leaseOwner: string | null;
  leaseUntil: number | null;
  /** When a sleeping server has something to do (ms since 1970). */
  wakeAt: number | null;
}

export interface IdempotencyRow {
  userId: string;
  key: string;
  /** SHA-256 of the request, hex: the same key with another body is a conflict. */
  requestHash: string;
  answer: string;
  expiresAt: number;
}

export interface HostNoteRow {
  serverId: string;
  version: number;
  content: string;
}

export interface Tables extends OutboxTables, BillingTables, MeterTables, TimelineTables {
  subscriptions: SubscriptionRow;
  servers: ServerRow;
  idempotency: IdempotencyRow;
  /** What the driver of the host remembers of a server. */
  hostNotes: HostNoteRow;
  /** Servers that a host runs and no row knows: marked first, stopped later. */
  orphans: { serverId: string; markedAt: number };
  /** Deleted users whose last tokens may still be valid for a minute. */
  departed: { userId: string; at: number };
}

export type Database = Kysely<Tables>;

export const migrations: Migrations = {
  '001-outbox': outboxMigration,
  '002-servers': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('servers')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('slug', 'varchar(64)', (column) => column.notNull().unique())
        .addColumn('ownerId', 'varchar(64)', (column) => column.notNull())
        .addColumn('name', 'varchar(200)', (column) => column.notNull())
        .addColumn('desired', 'varchar(20)', (column) => column.notNull())
        .addColumn('generation', 'integer', (column) => column.notNull())
        .addColumn('quotaBytes', 'bigint', (column) => column.notNull())
        .addColumn('usedBytes', 'bigint', (column) => column.notNull())
        .addColumn('state', 'varchar(20)', (column) => column.notNull())
        .addColumn('failure', 'varchar(500)')
        .addColumn('createdAt', 'varchar(30)', (column) => column.notNull())
        .addColumn('readyAt', 'varchar(30)')
        .addColumn('nextRunAt', 'bigint')
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('lastError', 'varchar(500)')
        .addColumn('leaseOwner', 'varchar(64)')
        .addColumn('leaseUntil', 'bigint')
        .execute();
      await db.schema.createIndex('servers_owner').on('servers').column('ownerId').execute();
      await db.schema.createIndex('servers_due').on('servers').column('nextRunAt').execute();
      await db.schema
        .createTable('orphans')
        .addColumn('serverId', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('markedAt', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
  '003-subscriptions': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('subscriptions')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('userId', 'varchar(64)', (column) => column.notNull())
        .addColumn('planId', 'varchar(40)', (column) => column.notNull())
        .addColumn('state', 'varchar(20)', (column) => column.notNull())
        .addColumn('serverId', 'varchar(64)', (column) => column.notNull().references('servers.id'))
        .addColumn('liveUserId', 'varchar(64)', (column) => column.unique())
        .addColumn('createdAt', 'varchar(30)', (column) => column.notNull())
        .addColumn('canceledAt', 'varchar(30)')
        .execute();
      await db.schema.createIndex('subscriptions_user').on('subscriptions').column('userId').execute();
      await db.schema
        .createTable('idempotency')
        .addColumn('userId', 'varchar(64)', (column) => column.notNull())
        .addColumn('key', 'varchar(255)', (column) => column.notNull())
        .addColumn('requestHash', 'varchar(64)', (column) => column.notNull())
        .addColumn('answer', 'text', (column) => column.notNull())
        .addColumn('expiresAt', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('idempotency_key', ['userId', 'key'])
        .execute();
      await db.schema
        .createTable('departed')
        .addColumn('userId', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
  '2027-01-transcoder-sleep': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('servers').addColumn('wakeAt', 'bigint').execute();
    },
  },
  '2027-01-storage-place': {
    async up(db: Kysely<unknown>) {
      const place = db.schema.alterTable('servers').addColumn('storage', 'varchar(20)', (column) => {
        return column.notNull().defaultTo('local');
      });
      await place.execute();
      await db.schema.alterTable('servers').addColumn('objectsLeft', 'integer').execute();
    },
  },
  '2027-02-databases-outbox-head': outboxHeadMigration,
  '2027-02-ec2-host-notes': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('hostNotes')
        .addColumn('serverId', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('content', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '2027-02-payments-billing': billingMigration,
  '2027-02-payments-meters': meterMigration,
  '2027-03-billing2-timeline': timelineMigration,
  '2027-03-billing2-refunds': refundMigration,
  '2027-04-platform-database-place': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('servers').addColumn('databasePlace', 'varchar(20)').execute();
    },
  },
};
