import type { Insertable, Kysely, Updateable } from 'kysely';
import { engineOf } from './engine.ts';

/** As much of Kysely's types as remains when the table is a parameter. */
interface Loose {
  readonly row: Record<string, unknown>;
}

/**
 * Inserts a row where none has the same values in `keys`, which have a unique index of their own; the row that has them
 * is given `change`, and without one stays as it is. For a table whose only other unique value is made by us.
 */
export async function upsert<T, K extends keyof T & string>(
  db: Pick<Kysely<T>, 'insertInto' | 'getExecutor'>,
  table: K,
  row: Insertable<T[K]>,
  keys: readonly (keyof T[K] & string)[],
  change?: Updateable<T[K]>,
): Promise<void> {
  const loose = db as unknown as Kysely<Loose>;
  const insert = loose.insertInto(table as 'row').values(row as never);
  const changes = change as Record<string, unknown> | undefined;
  if (engineOf(db) === 'mariadb') {
    // The first key again: a change that changes nothing, and tells other faults, which IGNORE would not.
    const same = { [keys[0] as string]: (row as Record<string, unknown>)[keys[0] as string] };
    await insert.onDuplicateKeyUpdate((changes ?? same) as never).execute();
    return;
  }
  const columns = keys as readonly never[];
  await insert
    .onConflict((conflict) => {
      const taken = conflict.columns(columns);
      return changes ? taken.doUpdateSet(changes as never) : taken.doNothing();
    })
    .execute();
}
