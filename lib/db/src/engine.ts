import { MysqlAdapter } from 'kysely';

/** What SQL is spoken to: for the few statements that the two say differently. */
export type Engine = 'sqlite' | 'mariadb';

/** Of a database or a transaction. */
export function engineOf(db: { getExecutor(): { readonly adapter: unknown } }): Engine {
  return db.getExecutor().adapter instanceof MysqlAdapter ? 'mariadb' : 'sqlite';
}
