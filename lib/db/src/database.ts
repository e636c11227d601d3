import { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { openSqlite } from './sqlite.ts';

/** Migrations by name; they run in the order of their names, each once. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Opens the database behind a URL and brings it up to date. The scheme names the driver: `sqlite:<path>`
 * (`mysql:` comes with the deployment on several machines). Rejects with a plain sentence when it cannot.
 */
export async function openDatabase<T>(url: string, migrations: Migrations): Promise<Kysely<T>> {
  const [scheme, location] = split(url);
  if (scheme !== 'sqlite') throw new Error(`no database driver for "${scheme}:"; there is sqlite:`);
  const db = new Kysely<T>({ dialect: openSqlite(location).dialect });
  await migrate(db, migrations);
  return db;
}

/** Applies the migrations that have not run yet, all or none. */
export async function migrate<T>(db: Kysely<T>, migrations: Migrations): Promise<void> {
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) {
    await db.destroy();
    throw error instanceof Error ? error : new Error('the database could not be migrated', { cause: error });
  }
}

function split(url: string): [scheme: string, location: string] {
  const colon = url.indexOf(':');
  return [url.slice(0, colon), url.slice(colon + 1)];
}
