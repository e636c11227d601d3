import { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/**
 * Migrations by name; those that have not run yet run in the order of their names, each once. A new one may sort before
 * one that has run elsewhere, so it builds only on what is certainly there. MariaDB commits after every change of a schema,
 * so one that a crash has cut short runs again from its start: what it makes may be there already, which is fine, and
 * the rows that it changes must bear being changed twice.
 */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Opens the database behind a URL and brings it up to date. The scheme names the driver: `sqlite:<path>` or
 * `mysql://<user>:<password>@<host>[:<port>]/<schema>` (MariaDB; `mariadb:` is the same). A transaction on either runs as
 * if alone; on MariaDB its work may run more than once. Rejects with a plain sentence when it cannot be opened.
 */
export async function openDatabase<T>(url: string, migrations: Migrations): Promise<Kysely<T>> {
  const [scheme, location] = split(url);
  switch (scheme) {
    case 'sqlite': {
      const { openSqlite } = await import('./sqlite.ts');
      return migrated(new Kysely<T>({ dialect: openSqlite(location).dialect }), migrations);
    }
    case 'mysql':
    case 'mariadb': {
      const { openMariaDb } = await import('./mariadb.ts');
      const { db, migrator } = await openMariaDb<T>(url);
      await migrated(migrator, migrations).catch(async (error: unknown) => {
        await db.destroy();
        throw error;
      });
      await migrator.destroy();
      return db;
    }
    default:
      throw new Error(`no database driver for "${scheme}:"; there are sqlite: and mysql:`);
  }
}

/** Applies the migrations that have not run yet; SQLite all or none. */
async function migrated<T>(db: Kysely<T>, migrations: Migrations): Promise<Kysely<T>> {
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const { error } = await new Migrator({ db, provider, allowUnorderedMigrations: true }).migrateToLatest();
  if (!error) return db;
  await db.destroy();
  throw error instanceof Error ? error : new Error('the database could not be migrated', { cause: error });
}

function split(url: string): [scheme: string, location: string] {
  const colon = url.indexOf(':');
  return [url.slice(0, colon), url.slice(colon + 1)];
}
