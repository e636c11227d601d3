import { Problem, type Scope, type SignedInDevice } from '@ptsdly/contract';
import type { Bell, Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import { deviceName } from './devices.ts';
import { endProgram } from './programs.ts';
import type { IdentityTables } from './schema.ts';
import { endAllOf, type Sessions } from './sessions.ts';

/** A person's sessions and programs: seen and ended from my page. */
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
    const browsers = rows.map(({ id, userAgent, createdAt, updatedAt }) => ({
      ...{ id, device: deviceName(userAgent), isCurrent: id === caller.sid, scopes: null },
      ...{ createdAt, lastSeenAt: updatedAt },
    }));
    const all = [...browsers, ...(await this.#programs(caller))];
    return all.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  async #programs(caller: Caller): Promise<SignedInDevice[]> {
    const rows = await this.#db
      .selectFrom('program')
      .select(['id', 'name', 'scopes', 'createdAt', 'rotatedAt'])
      .where('userId', '=', caller.sub)
      .where('expiresAt', '>', new Date().toISOString())
      .execute();
    return rows.map(({ id, name, scopes, createdAt, rotatedAt }) => ({
      ...{ id, device: name, isCurrent: id === caller.sid, scopes: scopes.split(' ') as Scope[] },
      ...{ createdAt, lastSeenAt: rotatedAt },
    }));
  }

  /** Rejects with `not_found`. */
  async end(caller: Caller, id: string): Promise<undefined> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute(async (trx) => {
      const mine = (table: 'session' | 'program') =>
        trx
          .selectFrom(table)
          .select(['id', 'userId'])
          .where('id', '=', id)
          .where('userId', '=', caller.sub)
          .executeTakeFirst();
      const session = (await mine('session')) ?? (await mine('program'));
      if (!session) throw new Problem('not_found');
      await endProgram(trx, session);
    });
    this.#bell.ring();
    return undefined;
  }

  /** Signs out everywhere else: every other session, program and API token. */
  async endOthers(caller: Caller): Promise<undefined> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute((trx) => endAllOf(trx, caller.sub, caller.sid));
    this.#bell.ring();
    return undefined;
  }
}
