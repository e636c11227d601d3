import { type Dialect, Kysely, type KyselyPlugin, MysqlDialect, sql, type TransactionBuilder } from 'kysely';
import { createPool } from 'mysql2';
import { again, kyselyPool, oneByOne } from './mariadb-pool.ts';
import { mariaDbOptions } from './mariadb-url.ts';
import { DatabaseUnavailable } from './unavailable.ts';

/** A change of a large table takes its time. */
const MIGRATION_MS = 24 * 3_600_000;
/** Strings compare byte by byte, blanks at the end included, as on SQLite. */
const COLLATION = 'utf8mb4_nopad_bin';

/**
 * `mysql://user:password@host/schema`: MariaDB (10.6 or newer), with the semantics of our SQLite: exact comparisons,
 * strict values, transactions as if alone. `migrator` is another door to the same schema, for migrations alone, which
 * overlooks what one that was cut short has already made. Rejects with a plain sentence when it cannot be used.
 */
export async function openMariaDb<T>(url: string): Promise<{ db: Kysely<T>; migrator: Kysely<T> }> {
  const { patienceMs, ...options } = mariaDbOptions(url);
  const pool = kyselyPool(createPool(options), { patienceMs, resuming: false });
  const db = retrying(new Kysely<T>({ dialect: dialect(pool) }));
  try {
    await examine(db);
  } catch (cause) {
    await db.destroy();
    const why = cause instanceof DatabaseUnavailable ? (cause.cause as Error) : (cause as Error);
    throw new Error(`the database ${String(options.database)} cannot be used: ${why.message}`, { cause });
  }
  const alone = createPool({ ...options, connectionLimit: 1 });
  return {
    db,
    migrator: new Kysely<T>({
      dialect: dialect(kyselyPool(alone, { patienceMs: MIGRATION_MS, resuming: true })),
    }),
  };
}

const dialect = (pool: ReturnType<typeof kyselyPool>): Dialect => new MysqlDialect({ pool });

/** Transactions run again when they were in another's way, from their start: their work has no effect but in them. */
function retrying<T>(db: Kysely<T>, alone = oneByOne()): Kysely<T> {
  const [transaction, withPlugin] = [db.transaction.bind(db), db.withPlugin.bind(db)];
  return Object.assign(db, {
    transaction(): TransactionBuilder<T> {
      const builder = transaction();
      const execute = builder.execute.bind(builder);
      return Object.assign(builder, {
        execute: (work: Parameters<typeof execute>[0]) => again(() => execute(work), alone),
      });
    },
    withPlugin: (plugin: KyselyPlugin) => retrying(withPlugin(plugin), alone),
  });
}

interface Facts {
  readonly version: string;
  readonly collation: string;
  readonly tables: number;
}

/** The server is MariaDB, and the schema compares strings as we do; an empty one is told to. */
async function examine<T>(db: Kysely<T>): Promise<void> {
  const { rows } = await sql<Facts>`select version() as version, @@collation_database as collation,
    (select count(*) from information_schema.tables where table_schema = database()) as tables`.execute(db);
  const { version, collation, tables } = rows[0] as Facts;
  const [major, minor] = version.split('.').map(Number) as [number, number];
  if (!/mariadb/i.test(version) || major < 10 || (major === 10 && minor < 6)) {
    throw new Error(`MariaDB 10.6 or newer is needed, and this is ${version}`);
  }
  if (collation === COLLATION) return;
  if (tables > 0) throw new Error(`its collation is ${collation} and must be ${COLLATION}`);
  await sql.raw(`alter database character set utf8mb4 collate ${COLLATION}`).execute(db);
}
