import { Problem } from '@ptsdly/contract';
import type { Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import type { Attempts } from './attempts.ts';
import type { Passwords } from './passwords.ts';
import type { IdentityTables } from './schema.ts';
import type { Sessions } from './sessions.ts';

/** How long after a sign-in somebody without a password is believed to be still there. */
const FRESH_MS = 15 * 60_000;

/** Asks again before what cannot be undone or would let somebody else in (OWASP ASVS 5 §7.5). */
export class Reauthentication {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;
  readonly #passwords: Passwords;
  readonly #attempts: Attempts;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions, passwords: Passwords, attempts: Attempts) {
    this.#db = db;
    this.#sessions = sessions;
    this.#passwords = passwords;
    this.#attempts = attempts;
  }

  /**
   * Rejects with `invalid_credentials` unless the password, where the account has one, is right; without one with
   * `fresh_sign_in_required` unless the sign-in was just now.
   */
  async require(caller: Caller, password: string | undefined): Promise<void> {
    await this.#sessions.require(caller);
    const hash = await this.passwordHash(caller.sub);
    if (hash === undefined) return this.#requireFresh(caller);
    await this.#attempts.guard(`user ${caller.sub}`, async () => {
      const right = password !== undefined && (await this.#passwords.verify({ hash, password }));
      if (!right) throw new Problem('invalid_credentials', { detail: 'The password is wrong.' });
    });
  }

  async passwordHash(userId: string): Promise<string | undefined> {
    const credential = await this.#db
      .selectFrom('account')
      .select('password')
      .where('userId', '=', userId)
      .where('providerId', '=', 'credential')
      .executeTakeFirst();
    return credential?.password ?? undefined;
  }

  async #requireFresh({ sid }: Caller): Promise<void> {
    const session = await this.#db
      .selectFrom('session')
      .select('createdAt')
      .where('id', '=', sid)
      .executeTakeFirst();
    const isFresh = session !== undefined && Date.parse(session.createdAt) > Date.now() - FRESH_MS;
    if (!isFresh) throw new Problem('fresh_sign_in_required');
  }
}
