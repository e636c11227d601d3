import { Problem } from '@ptsdly/contract';
import type { Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import type { IdentityTables } from './schema.ts';
import type { Sessions } from './sessions.ts';

/** The ways in that an account has. Linking is better-auth's (`door.ts`); taking one away is here. */
export class ProviderLinks {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions) {
    this.#db = db;
    this.#sessions = sessions;
  }

  /** Rejects with `not_found`, or `last_sign_in_method`: whoever unlinks that could never come back. */
  async unlink(caller: Caller, provider: string): Promise<undefined> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute(async (trx) => {
      const accounts = await trx
        .selectFrom('account')
        .select(['id', 'providerId'])
        .where('userId', '=', caller.sub)
        .execute();
      const rest = accounts.filter(({ providerId }) => providerId !== provider);
      if (rest.length === accounts.length) throw new Problem('not_found');
      if (rest.length === 0) throw new Problem('last_sign_in_method');
      await trx
        .deleteFrom('account')
        .where('userId', '=', caller.sub)
        .where('providerId', '=', provider)
        .execute();
    });
  }
}
