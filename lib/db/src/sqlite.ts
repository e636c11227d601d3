import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Dialect, SqliteAdapter, SqliteDialect } from 'kysely';

/**
 * `sqlite:./path/to.db` (or `sqlite::memory:`) on `node:sqlite`: WAL, full durability at commit, foreign keys,
 * and one process at a time. Throws when another process has the file.
 */
export function openSqlite(location: string): { dialect: Dialect; database: DatabaseSync } {
  const file = location === ':memory:' ? location : resolve(location);
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000; BEGIN IMMEDIATE; COMMIT;`);
  } catch (cause) {
    database.close();
    throw new Error(`${file} is in use by another process, or it is not a database`, { cause });
  }
  return { dialect: new WholeMigrations({ database: adapt(database) }), database };
}

/** A schema changes in one transaction, which SQLite can and Kysely does not ask of it: what is killed amid it begins anew. */
class WholeMigrations extends SqliteDialect {
  override createAdapter() {
    return new TransactionalAdapter();
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true;
  }
}

/** What Kysely asks of better-sqlite3, spoken by `node:sqlite`. */
function adapt(database: DatabaseSync) {
  return {
    close: () => database.close(),
    prepare(sql: string) {
      // a commit that failed (a full disk) has rolled back by itself, and its own error is the one to be told
      if (/^rollback$/i.test(sql) && !database.isTransaction) return nothing;
      const statement = database.prepare(sql);
      const values = (parameters: readonly unknown[]) => parameters.map(bindable);
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
      };
    },
  };
}

/** A statement that has nothing to do. */
const nothing = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function bindable(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  return value as SQLInputValue;
}
