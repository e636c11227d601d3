import { createHash, randomBytes } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Kysely, Selectable } from 'kysely';
import type { IdentityTables } from './schema.ts';

const LIFE_MS = 10 * 60_000;
const MOST_ATTEMPTS = 5;

type Kind = 'second-factor' | 'passkey-new' | 'passkey-sign-in';
type Row = Selectable<IdentityTables['ceremony']>;

/** What was begun and waits for its second half, under a secret that only the same browser has. */
export class Ceremonies {
  readonly #db: Kysely<IdentityTables>;

  constructor(db: Kysely<IdentityTables>) {
    this.#db = db;
  }

  /** The secret to come back with, within ten minutes. */
  async begin(kind: Kind, userId: string | null, data = ''): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + LIFE_MS).toISOString();
    await this.#db
      .insertInto('ceremony')
      .values({ hash: digest(secret), kind, userId, data, attempts: 0, expiresAt })
      .execute();
    return secret;
  }

  /** Ends it and answers what it was. Rejects with `token_invalid`. */
  async take(kind: Kind, secret: string | undefined): Promise<Row> {
    const row = await this.#find(kind, secret);
    const deleted = await this.#db.deleteFrom('ceremony').where('hash', '=', row.hash).executeTakeFirst();
    if (deleted.numDeletedRows === 0n) throw new Problem('token_invalid');
    return row;
  }

  /** Counts one more try; the sixth finds nothing. Rejects with `token_invalid`. */
  async attempt(kind: Kind, secret: string | undefined): Promise<Row> {
    const row = await this.#find(kind, secret);
    const counted = await this.#db
      .updateTable('ceremony')
      .set((build) => ({ attempts: build('attempts', '+', 1) }))
      .where('hash', '=', row.hash)
      .where('attempts', '<', MOST_ATTEMPTS)
      .executeTakeFirst();
    if (counted.numUpdatedRows === 0n) throw new Problem('token_invalid');
    return row;
  }

  async #find(kind: Kind, secret: string | undefined): Promise<Row> {
    const row = await this.#db
      .selectFrom('ceremony')
      .selectAll()
      .where('hash', '=', digest(secret ?? ''))
      .where('kind', '=', kind)
      .where('expiresAt', '>', new Date().toISOString())
      .executeTakeFirst();
    if (!row) throw new Problem('token_invalid');
    return row;
  }
}

const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url');
