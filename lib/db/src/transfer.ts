import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type Migrations, openDatabase } from './database.ts';
import { upsert } from './upsert.ts';

const SLICE = 500;
/** What a migration puts there by itself. */
const SEEDED = new Set(['outbox_head']);

type Row = Record<string, unknown>;
/** As much of Kysely's types as remains when the tables are parameters. */
interface Tables {
  [table: string]: Row;
}
interface Progress extends Tables {
  store_copy: { name: string; done: number };
}

export interface Transferred {
  readonly table: string;
  readonly rows: number;
}

/**
 * Copies a SQLite database that nobody has open to an empty one of MariaDB, both brought up to date before, and compares
 * the two row by row. What was interrupted goes on where it was when it is called again. Rejects with a plain sentence where
 * the target has rows of its own (with `acceptsSame`: others than the source) or the two differ at the end; the source is
 * only read.
 */
export async function transferDatabase(
  from: string,
  to: string,
  migrations: Migrations,
  { acceptsSame = false } = {},
): Promise<Transferred[]> {
  const source = await openDatabase<Tables>(from, migrations);
  try {
    const target = await openDatabase<Tables>(to, migrations);
    try {
      const tables = await tablesOf(source);
      const isCopied = !(await begin(target, tables, acceptsSame));
      if (!isCopied) for (const table of tables) await copyTable(source, target as Kysely<Progress>, table);
      const transferred: Transferred[] = [];
      for (const table of tables) transferred.push({ table, rows: await compare(source, target, table) });
      await sql`drop table if exists store_copy`.execute(target);
      return transferred;
    } finally {
      await target.destroy();
    }
  } finally {
    await source.destroy();
  }
}

/** Those that others refer to come first. */
async function tablesOf(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'
    and name not like 'sqlite\\_%' escape '\\' and name not like 'kysely\\_%' escape '\\' order by name`.execute(
    db,
  );
  const ordered: string[] = [];
  const visit = async (name: string): Promise<void> => {
    if (ordered.includes(name)) return;
    const references = await sql<{
      table: string;
    }>`select "table" from pragma_foreign_key_list(${name})`.execute(db);
    for (const { table } of references.rows) if (table !== name) await visit(table);
    ordered.push(name);
  };
  for (const { name } of rows) await visit(name);
  return ordered;
}

/** A target in which a copy was begun is ours; any other must be empty. False where it is not, and that is accepted. */
async function begin(
  target: Kysely<Tables>,
  tables: readonly string[],
  acceptsSame: boolean,
): Promise<boolean> {
  const begun = await sql`show tables like 'store\\_copy'`.execute(target);
  if (begun.rows.length > 0) return true;
  for (const table of tables.filter((name) => !SEEDED.has(name))) {
    const found = await target.selectFrom(table).selectAll().limit(1).execute();
    if (found.length > 0 && acceptsSame) return false;
    if (found.length > 0) throw new Error(`the target is not empty: there are rows in ${table}`);
  }
  await sql`create table store_copy (name varchar(100) primary key, done bigint not null)`.execute(target);
  return true;
}

async function copyTable(source: Kysely<Tables>, target: Kysely<Progress>, table: string): Promise<void> {
  const known = await target
    .selectFrom('store_copy')
    .select('done')
    .where('name', '=', table)
    .executeTakeFirst();
  for (let done = known?.done ?? 0; ; ) {
    const slice = sql<Row & { copied_row: number }>`select rowid as copied_row, * from ${sql.table(table)}
      where rowid > ${done} order by rowid limit ${SLICE}`;
    const { rows } = await slice.execute(source);
    const last = rows.at(-1)?.copied_row;
    if (last === undefined) return;
    await target.transaction().execute(async (trx) => {
      if (done === 0 && SEEDED.has(table)) await trx.deleteFrom(table).execute();
      await trx
        .insertInto(table)
        .values(rows.map(({ copied_row: _, ...row }) => row))
        .execute();
      await upsert(trx, 'store_copy', { name: table, done: last }, ['name'], { done: last });
    });
    done = last;
  }
}

/** Answers how many rows both have. */
async function compare(source: Kysely<Tables>, target: Kysely<Tables>, table: string): Promise<number> {
  const [here, there] = [await digestOf(source, table), await digestOf(target, table)];
  if (here.rows !== there.rows || here.digest !== there.digest) {
    throw new Error(`${table} differs after the copy: ${here.rows} rows here, ${there.rows} there`);
  }
  return here.rows;
}

/** The same for the same rows in any order: the sum of the rows' hashes. */
async function digestOf(db: Kysely<Tables>, table: string): Promise<{ rows: number; digest: bigint }> {
  let rows = 0;
  let digest = 0n;
  for await (const row of db.selectFrom(table).selectAll().stream(SLICE)) {
    const values = Object.keys(row)
      .sort()
      .map((name) => [name, plain(row[name])]);
    const hash = createHash('sha256').update(JSON.stringify(values)).digest();
    digest = BigInt.asUintN(128, digest + hash.readBigUInt64BE(0) * 2n ** 64n + hash.readBigUInt64BE(8));
    rows++;
  }
  return { rows, digest };
}

const plain = (value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
