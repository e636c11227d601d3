import { engineOf } from '@ptsdly/db';
import type { Kysely, KyselyPlugin } from 'kysely';
import type { IdentityTables } from './schema.ts';

/** Columns of better-auth's tables that are times to it; a joined row has a prefix before them. */
const TIME = /(^|_)(createdAt|updatedAt|expiresAt|accessTokenExpiresAt|refreshTokenExpiresAt)$/;

/**
 * The database as better-auth's adapter is given it. Times are text in our tables on either engine. On SQLite the adapter
 * knows that; of MySQL it believes that times come back as dates, and text would never be found to have expired.
 */
export function adapterDatabase(db: Kysely<IdentityTables>) {
  const transaction = true;
  if (engineOf(db) === 'sqlite') return { db, type: 'sqlite' as const, transaction };
  return { db: db.withPlugin(datesInResults), type: 'mysql' as const, transaction };
}

const datesInResults: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => ({ ...result, rows: result.rows.map(withDates) }),
};

function withDates(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(row).map(([name, value]) => {
    return [name, TIME.test(name) && typeof value === 'string' ? new Date(value) : value];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
