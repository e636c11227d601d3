import type { DeclineCode, Invoice, InvoiceLine, RefundDue } from '@ptsdly/contract';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What a subscription's row says of its billing. Times are ISO 8601 in UTC. */
export interface BillingRow {
  /** Grows with every change: whoever has read an older one writes nothing. */
  revision: number;
  timeZone: string;
  /** Where its periods are counted from; null before the first. */
  anchorAt: string | null;
  periodStart: string | null;
  periodEnd: string | null;
  trialEndsAt: string | null;
  /** It is canceled and runs until then. */
  endsAt: string | null;
  nextPlanId: string | null;
  /** The customer, as the provider names them. */
  customer: string | null;
  /** The payment method, as the provider names it: no card data, and worth nothing without our key. */
  method: string | null;
  /** As its owner knows it. */
  methodLabel: string | null;
  /** Raised with every checkout, so that each has a name of its own at the provider. */
  checkouts: number;
  /** The checkout under way, as the provider names it. */
  checkout: string | null;
  declineCode: DeclineCode | null;
  suspendedFor: string | null;
  purgeAt: string | null;
  exportUntil: string | null;
}

/** What the payment of an invoice brings. */
export type Purpose = 'first' | 'renewal' | 'upgrade' | 'return';

export interface InvoiceRow {
  /** `<subscription>-<number>`. */
  id: string;
  subscriptionId: string;
  userId: string;
  purpose: Purpose;
  planId: string;
  state: Invoice['state'];
  amount: number;
  currency: string;
  /** `InvoiceLine[]`. */
  lines: string;
  createdAt: string;
  /** The first try to collect it, from which the days of dunning count (ms since 1970). */
  firstTryAt: number | null;
  tries: number;
  paidAt: string | null;
  refunded: number;
  methodLabel: string | null;
  receiptUrl: string | null;
}

/** One try to collect an invoice. Its id is the provider's name for it too, so that it can never count twice. */
export interface ChargeRow {
  /** `<invoice>-<try>`. */
  id: string;
  invoiceId: string;
  method: string;
  customer: string | null;
  amount: number;
  currency: string;
  state: 'pending' | 'paid' | 'declined';
  declineCode: DeclineCode | null;
  createdAt: string;
  settledAt: string | null;
  /** Why it is to be given back at the provider; null when it is not, or was. */
  refundFor: RefundDue['why'] | null;
}

export const dueKinds = [
  'period',
  'collect',
  'check',
  'event',
  'method',
  'give_up',
  'expire',
  'abandon',
  'trial_notice',
  'removal_notice',
  'purge',
  'export_end',
  'forget_method',
] as const;
export type DueKind = (typeof dueKinds)[number];

/** Work that is to be done at a time, once: what it is about is looked at then, so an old row does no harm. */
export interface DueRow {
  kind: DueKind;
  /** A subscription, invoice, charge, event or payment method. */
  subject: string;
  /** Milliseconds since 1970. */
  dueAt: number;
  attempts: number;
  leaseUntil: number | null;
}

/** What a provider has told, by its own id: the second time changes nothing. */
export interface PaymentEventRow {
  id: string;
  about: 'charge' | 'method';
  subject: string;
  receivedAt: string;
}

export interface BillingTables {
  invoices: InvoiceRow;
  charges: ChargeRow;
  due: DueRow;
  payment_events: PaymentEventRow;
}

export const linesOf = (row: Pick<InvoiceRow, 'lines'>): InvoiceLine[] =>
  JSON.parse(row.lines) as InvoiceLine[];

/** The columns of `BillingRow` of a subscription that is not billed. */
export const unbilled: Omit<BillingRow, 'revision'> = {
  timeZone: 'Asia/Seoul',
  ...{ anchorAt: null, periodStart: null, periodEnd: null, trialEndsAt: null, endsAt: null },
  ...{ nextPlanId: null, customer: null, method: null, methodLabel: null, checkouts: 0, checkout: null },
  ...{ declineCode: null, suspendedFor: null, purgeAt: null, exportUntil: null },
};

export const billingMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db);
    await createInvoices(db);
    await createDue(db);
  },
};

export const refundMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('charges').addColumn('refundFor', 'varchar(20)').execute();
    await db.schema.createIndex('charges_refund').on('charges').column('refundFor').execute();
  },
};

async function addColumns(db: Kysely<unknown>): Promise<void> {
  const add = (name: string, type: 'varchar(30)' | 'varchar(64)' | 'varchar(255)' | 'varchar(300)') =>
    db.schema.alterTable('subscriptions').addColumn(name, type).execute();
  for (const name of ['revision', 'checkouts']) {
    await db.schema
      .alterTable('subscriptions')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema
    .alterTable('subscriptions')
    .addColumn('timeZone', 'varchar(64)', (column) => column.notNull().defaultTo(unbilled.timeZone))
    .execute();
  const times = ['anchorAt', 'periodStart', 'periodEnd', 'trialEndsAt', 'endsAt', 'purgeAt', 'exportUntil'];
  for (const name of times) await add(name, 'varchar(30)');
  for (const name of ['nextPlanId', 'declineCode']) await add(name, 'varchar(64)');
  for (const name of ['customer', 'method', 'methodLabel', 'checkout']) await add(name, 'varchar(255)');
  await add('suspendedFor', 'varchar(300)');
}

async function createInvoices(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('invoices')
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('subscriptionId', 'varchar(64)', (column) => column.notNull())
    .addColumn('userId', 'varchar(64)', (column) => column.notNull())
    .addColumn('purpose', 'varchar(20)', (column) => column.notNull())
    .addColumn('planId', 'varchar(40)', (column) => column.notNull())
    .addColumn('state', 'varchar(20)', (column) => column.notNull())
    .addColumn('amount', 'bigint', (column) => column.notNull())
    .addColumn('currency', 'varchar(3)', (column) => column.notNull())
    .addColumn('lines', 'text', (column) => column.notNull())
    .addColumn('createdAt', 'varchar(30)', (column) => column.notNull())
    .addColumn('firstTryAt', 'bigint')
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('paidAt', 'varchar(30)')
    .addColumn('refunded', 'bigint', (column) => column.notNull())
    .addColumn('methodLabel', 'varchar(255)')
    .addColumn('receiptUrl', 'varchar(1000)')
    .execute();
  await db.schema.createIndex('invoices_subscription').on('invoices').column('subscriptionId').execute();
  await db.schema
    .createTable('charges')
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('invoiceId', 'varchar(64)', (column) => column.notNull())
    .addColumn('method', 'varchar(255)', (column) => column.notNull())
    .addColumn('customer', 'varchar(255)')
    .addColumn('amount', 'bigint', (column) => column.notNull())
    .addColumn('currency', 'varchar(3)', (column) => column.notNull())
    .addColumn('state', 'varchar(20)', (column) => column.notNull())
    .addColumn('declineCode', 'varchar(64)')
    .addColumn('createdAt', 'varchar(30)', (column) => column.notNull())
    .addColumn('settledAt', 'varchar(30)')
    .execute();
  await db.schema.createIndex('charges_invoice').on('charges').column('invoiceId').execute();
}

async function createDue(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('due')
    .addColumn('kind', 'varchar(20)', (column) => column.notNull())
    .addColumn('subject', 'varchar(255)', (column) => column.notNull())
    .addColumn('dueAt', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('leaseUntil', 'bigint')
    .addPrimaryKeyConstraint('due_key', ['kind', 'subject'])
    .execute();
  await db.schema.createIndex('due_at').on('due').column('dueAt').execute();
  await db.schema
    .createTable('payment_events')
    .addColumn('id', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('about', 'varchar(20)', (column) => column.notNull())
    .addColumn('subject', 'varchar(300)', (column) => column.notNull())
    .addColumn('receivedAt', 'varchar(30)', (column) => column.notNull())
    .execute();
}
