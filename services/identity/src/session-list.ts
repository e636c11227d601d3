import { Problem, type SignedInDevice } from '@ptsdly/contract';
import type { Bell, Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import { deviceName } from './devices.ts';
import type { IdentityTables } from './schema.ts';
import { endAllOf, endSessions, type Sessions } from './sessions.ts';

/** A person's sessions: seen and ended from my page. */
export class SessionList {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;
  readonly #bell: Bell;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions, bell: Bell) {
    this.#db = db;
    this.#sessions = sessions;
    this.#bell = bell;
  }

  /** Newest first. */
  async list(caller: Caller): Promise<SignedInDevice[]> {
    await this.#sessions.require(caller);
    const rows = await this.#db
      .selectFrom('session')
      .select(['id', 'userAgent', 'createdAt', 'updatedAt'])
      .where('userId', '=', caller.sub)
      .where('expiresAt', '>', new Date().toISOString())
      .orderBy('id', 'desc')
      .execute();
    return rows.map(({ id, userAgent, createdAt, updatedAt }) => ({
      id,
      device: deviceName(userAgent),
      isCurrent: id === caller.sid,
      createdAt,
      lastSeenAt: updatedAt,
    }));
  }

  /** Rejects with `not_found`. */
  async end(caller: Caller, id: string): Promise<undefined> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute(async (trx) => {
      const session = await trx
        .selectFrom('session')
        .select(['id', 'userId'])
        .where('id', '=', id)
        .where('userId', '=', caller.sub)
        .executeTakeFirst();
      if (!session) throw new Problem('not_found');
      await endSessions(trx, [session]);
    });
    this.#bell.ring();
    return undefined;
  }

  /** Signs out everywhere else: every other session and every API token. */
  async endOthers(caller: Caller): Promise<undefined> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute((trx) => endAllOf(trx, caller.sub, caller.sid));
    this.#bell.ring();
    return undefined;
  }
}
