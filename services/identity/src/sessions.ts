import { randomBytes } from 'node:crypto';
import { type EventData, Problem, type Role } from '@ptsdly/contract';
import { appendEvent } from '@ptsdly/db';
import { type Bell, newId } from '@ptsdly/kit';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { IdentityTables } from './schema.ts';

export const SESSION_S = 30 * 24 * 3600;
/** A session in use is prolonged at most this often, so that reading does not mean writing. */
const RENEW_S = 24 * 3600;
/** However much it is used, somebody signs in again after this. */
const MAX_SESSION_S = 365 * 24 * 3600;

export type Session = Pick<Selectable<IdentityTables['session']>, 'id' | 'userId' | 'expiresAt'>;

/** Sessions that better-auth begins, and that we look up, prolong and end. */
export class Sessions {
  readonly #db: Kysely<IdentityTables>;
  readonly #bell: Bell;

  constructor(db: Kysely<IdentityTables>, bell: Bell) {
    this.#db = db;
    this.#bell = bell;
  }

  /** Begins a session for somebody who has proved it otherwise than to better-auth. Answers its token. */
  async begin(userId: string, userAgent: string): Promise<string> {
    const token = randomBytes(24).toString('base64url');
    const now = Date.now();
    const at = new Date(now).toISOString();
    const expiresAt = new Date(now + SESSION_S * 1000).toISOString();
    const row = { id: newId(), token, userId, userAgent, ipAddress: null };
    await this.#db
      .insertInto('session')
      .values({ ...row, createdAt: at, updatedAt: at, expiresAt })
      .execute();
    return token;
  }

  /** The live session behind a token, prolonged when due. Rejects with `unauthenticated`. */
  async use(token: string): Promise<Session> {
    const session = await this.#live().where('token', '=', token).executeTakeFirst();
    if (!session) throw new Problem('unauthenticated');
    const renewBefore = new Date(Date.now() - RENEW_S * 1000).toISOString();
    return session.updatedAt < renewBefore ? this.#renew(session) : session;
  }

  /** The live session, program or API token that a token's `sid` names. Rejects with `unauthenticated` when it has ended. */
  async require({ sid, sub }: { sid: string; sub: string }): Promise<Session> {
    const session =
      (await this.#live().where('id', '=', sid).where('userId', '=', sub).executeTakeFirst()) ??
      (await this.#liveOf('program').where('id', '=', sid).where('userId', '=', sub).executeTakeFirst()) ??
      (await this.#liveOf('api_token').where('id', '=', sid).where('userId', '=', sub).executeTakeFirst());
    if (!session) throw new Problem('unauthenticated');
    return session;
  }

  /** Rejects with `unauthenticated` for who is gone. */
  async roleOf(userId: string): Promise<Role> {
    const user = await this.#db.selectFrom('user').select('role').where('id', '=', userId).executeTakeFirst();
    if (!user) throw new Problem('unauthenticated');
    return user.role;
  }

  /** Ends the session behind a token, and says so in the feed. Ending what has ended is nothing. */
  async end(token: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      const session = await trx
        .selectFrom('session')
        .select(['id', 'userId'])
        .where('token', '=', token)
        .executeTakeFirst();
      if (session) await endSessions(trx, [session]);
    });
    this.#bell.ring();
  }

  /** Forgets sessions, programs, API tokens and sign-in attempts whose time is over. They are dead already, so no event is due. */
  async sweep(): Promise<void> {
    const now = new Date().toISOString();
    await this.#db.deleteFrom('session').where('expiresAt', '<=', now).execute();
    await this.#db.deleteFrom('verification').where('expiresAt', '<=', now).execute();
    for (const table of ['api_token', 'program', 'device_grant', 'mail_token', 'ceremony'] as const) {
      await this.#db.deleteFrom(table).where('expiresAt', '<=', now).execute();
    }
  }

  #live() {
    return this.#db
      .selectFrom('session')
      .select(['id', 'userId', 'expiresAt', 'createdAt', 'updatedAt'])
      .where('expiresAt', '>', new Date().toISOString());
  }

  #liveOf(table: 'api_token' | 'program') {
    return this.#db
      .selectFrom(table)
      .select(['id', 'userId', 'expiresAt'])
      .where('expiresAt', '>', new Date().toISOString());
  }

  async #renew({ id, userId, createdAt }: Session & { createdAt: string }): Promise<Session> {
    const now = Date.now();
    const end = Math.min(now + SESSION_S * 1000, Date.parse(createdAt) + MAX_SESSION_S * 1000);
    const expiresAt = new Date(end).toISOString();
    await this.#db
      .updateTable('session')
      .set({ expiresAt, updatedAt: new Date(now).toISOString() })
      .where('id', '=', id)
      .execute();
    return { id, userId, expiresAt };
  }
}

/** Deletes sessions and writes `session.revoked` for each, in the caller's transaction. */
export async function endSessions(
  trx: Transaction<IdentityTables>,
  sessions: readonly Pick<Session, 'id' | 'userId'>[],
): Promise<void> {
  for (const { id, userId } of sessions) {
    await trx.deleteFrom('session').where('id', '=', id).execute();
    const data: EventData = { type: 'session.revoked', sessionId: id, userId };
    await appendEvent(trx, data);
  }
}

/** Ends all sessions, programs and API tokens of a person, but for one, and what was about to become one. */
export async function endAllOf(trx: Transaction<IdentityTables>, userId: string, but = ''): Promise<void> {
  const tables = ['session', 'program', 'api_token'] as const;
  await trx.deleteFrom('device_grant').where('userId', '=', userId).execute();
  for (const table of tables) {
    const rows = await trx
      .selectFrom(table)
      .select(['id', 'userId'])
      .where('userId', '=', userId)
      .where('id', '!=', but)
      .execute();
    await endSessions(trx, rows);
    await trx.deleteFrom(table).where('userId', '=', userId).where('id', '!=', but).execute();
  }
}
