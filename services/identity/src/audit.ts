import { newId } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import type { IdentityTables } from './schema.ts';

/** The operator at the machine, in the audit trail. */
export const OPERATOR = 'operator';

/** Writes a privileged act down, in the transaction that does it where there is one. */
export function writeAct(db: Kysely<IdentityTables>, act: Omit<IdentityTables['audit'], 'id' | 'at'>) {
  return db
    .insertInto('audit')
    .values({ id: newId(), at: new Date().toISOString(), ...act })
    .execute();
}
