import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Migrations, openDatabase } from './database.ts';
import { isOnMariaDb, newDatabase } from './testing/index.ts';

type Row = Readonly<Record<string, unknown>>;
interface Tables {
  [table: string]: Row;
}
type Database = Kysely<Tables>;

/** Databases of releases, with rows in every table: `<folder>/<release>.<engine>.sql`, each statement ends a line. */
export interface ReleasedSchemas {
  readonly folder: URL;
  readonly migrations: Migrations;
  /** Releases by engine. */
  readonly sqlite: readonly string[];
  readonly mysql: readonly string[];
  /** Columns, as `table.column`, whose values a migration changes on purpose. */
  readonly rewritten?: readonly string[];
}

/** Tests that databases of former releases come to the schema of a new one, on this run's engine, and lose no row. */
export function testReleasedSchemas({ folder, migrations, rewritten = [], ...releases }: ReleasedSchemas) {
  const engine = isOnMariaDb() ? 'mysql' : 'sqlite';
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'ptsdly-released-'));
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test.each(releases[engine])(
    'a database of release "%s" comes up to date with all its rows',
    async (name) => {
      const fresh = await openDatabase<Tables>(newDatabase(), migrations);
      const schema = await schemaOf(fresh);
      await fresh.destroy();

      const url = newDatabase(join(place, `${name}.db`));
      const former = await openDatabase<Tables>(url, {});
      await execute(former, readFileSync(new URL(`${name}.${engine}.sql`, folder), 'utf8'));
      const before = await contentOf(former);
      expect(Object.values(before).flat().length).toBeGreaterThan(Object.keys(before).length);
      await former.destroy();

      for (let time = 0; time < 2; time++) {
        const db = await openDatabase<Tables>(url, migrations);
        expect(await schemaOf(db)).toEqual(schema);
        const after = await contentOf(db);
        for (const [table, rows] of Object.entries(before)) {
          const found = (after[table] ?? []).map((row) => JSON.stringify(row));
          expect(found, table).toHaveLength(rows.length);
          for (const row of rows) expect(after[table], table).toContainEqual(kept(table, row, after[table]));
        }
        await db.destroy();
      }
    },
  );

  /** What must be left of a row: what has a column still, and was not changed on purpose. */
  function kept(table: string, row: Row, after: readonly Row[] | undefined) {
    const columns = Object.keys(after?.[0] ?? {});
    const same = columns.filter((name) => name in row && !rewritten.includes(`${table}.${name}`));
    return expect.objectContaining(Object.fromEntries(same.map((name) => [name, row[name]])));
  }
}

async function execute(db: Database, dump: string): Promise<void> {
  await db.connection().execute(async (connection) => {
    for (const statement of dump.split(/;\n/).filter(Boolean)) await sql.raw(statement).execute(connection);
  });
}

const tablesOf = async (db: Database) =>
  (await db.introspection.getTables()).filter(({ name }) => !name.startsWith('kysely_'));

async function contentOf(db: Database): Promise<Record<string, Row[]>> {
  const content: Record<string, Row[]> = {};
  for (const { name } of await tablesOf(db)) content[name] = await db.selectFrom(name).selectAll().execute();
  return content;
}

/** Tables, and for each its columns, in no order. */
async function schemaOf(db: Database): Promise<Record<string, string[]>> {
  const tables = await tablesOf(db);
  return Object.fromEntries(tables.map(({ name, columns }) => [name, columns.map((one) => one.name).sort()]));
}
