import { type EventData, type Me, Problem } from '@ptsdly/contract';
import { appendEvent } from '@ptsdly/db';
import { type Bell, type Caller, newId } from '@ptsdly/kit';
import type { Kysely, Transaction } from 'kysely';
import { type DocumentName, documents } from './documents.ts';
import type { Passwords } from './passwords.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { IdentityTables } from './schema.ts';
import { endSessions, type Sessions } from './sessions.ts';

export type Consents = Me['consents'];

/** A person's own account. Every call rejects with `unauthenticated` once the caller's session has ended. */
export class Users {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;
  readonly #passwords: Passwords;
  readonly #bell: Bell;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions, passwords: Passwords, bell: Bell) {
    this.#db = db;
    this.#sessions = sessions;
    this.#passwords = passwords;
    this.#bell = bell;
  }

  async me(caller: Caller): Promise<Me> {
    await this.#sessions.require(caller);
    const user = await this.#db
      .selectFrom('user')
      .selectAll()
      .where('id', '=', caller.sub)
      .executeTakeFirstOrThrow();
    const { id, name, email, image, createdAt } = user;
    const [providers, consents] = await Promise.all([this.#providers(id), this.#consents(id)]);
    const locale = user.locale as Me['locale'];
    return {
      id,
      name,
      email: isPlaceholder(email) ? null : email,
      image,
      locale,
      providers,
      consents,
      createdAt,
    };
  }

  async update(caller: Caller, changes: { name?: string; locale?: 'ko' | 'en' }): Promise<Me> {
    await this.#sessions.require(caller);
    await this.#db
      .updateTable('user')
      .set({ ...changes, updatedAt: new Date().toISOString() })
      .where('id', '=', caller.sub)
      .execute();
    return this.me(caller);
  }

  /** Records what was accepted and when; the first time counts. Rejects with `invalid_fields` for a version not in force. */
  async consent(caller: Caller, versions: Record<DocumentName, string>): Promise<Consents> {
    await this.#sessions.require(caller);
    const names = Object.keys(documents) as DocumentName[];
    const errors = names
      .filter((name) => versions[name] !== documents[name])
      .map((field) => ({ field, message: `The version in force is ${documents[field]}.` }));
    if (errors.length > 0) throw new Problem('invalid_fields', { errors });
    for (const name of names) await this.#record(caller.sub, name, versions[name]);
    return this.#consents(caller.sub);
  }

  /**
   * Deletes the account with all that identity holds of it, and tells the others, in one transaction.
   * Rejects with `invalid_credentials` unless the password, where the account has one, is right.
   */
  async delete(caller: Caller, password: string | undefined): Promise<void> {
    await this.#sessions.require(caller);
    await this.#reauthenticate(caller.sub, password);
    await this.#db.transaction().execute(async (trx) => {
      const ofUser = await trx
        .selectFrom('session')
        .select(['id', 'userId'])
        .where('userId', '=', caller.sub)
        .execute();
      await endSessions(trx, [...ofUser, ...(await tokensOf(trx, caller.sub))]);
      await trx.deleteFrom('account').where('userId', '=', caller.sub).execute();
      await trx.deleteFrom('consent').where('userId', '=', caller.sub).execute();
      const { numDeletedRows } = await trx
        .deleteFrom('user')
        .where('id', '=', caller.sub)
        .executeTakeFirstOrThrow();
      const data: EventData = { type: 'user.deleted', userId: caller.sub };
      if (numDeletedRows > 0n) await appendEvent(trx, data);
    });
    this.#bell.ring();
  }

  async #reauthenticate(userId: string, password: string | undefined): Promise<void> {
    const credential = await this.#db
      .selectFrom('account')
      .select('password')
      .where('userId', '=', userId)
      .where('providerId', '=', 'credential')
      .executeTakeFirst();
    const hash = credential?.password;
    if (!hash) return;
    const right = password !== undefined && (await this.#passwords.verify({ hash, password }));
    if (!right) throw new Problem('invalid_credentials', { detail: 'The password is wrong.' });
  }

  async #providers(userId: string): Promise<string[]> {
    const accounts = await this.#db
      .selectFrom('account')
      .select('providerId')
      .where('userId', '=', userId)
      .orderBy('createdAt')
      .execute();
    return accounts.map(({ providerId }) => providerId);
  }

  async #consents(userId: string): Promise<Consents> {
    const rows = await this.#db
      .selectFrom('consent')
      .select(['document', 'version'])
      .where('userId', '=', userId)
      .orderBy('at')
      .orderBy('id')
      .execute();
    const newest = (name: DocumentName) =>
      rows.findLast(({ document }) => document === name)?.version ?? null;
    return { terms: newest('terms'), privacy: newest('privacy') };
  }

  async #record(userId: string, document: DocumentName, version: string): Promise<void> {
    const row = { id: newId(), userId, document, version, at: new Date().toISOString() };
    await this.#db
      .insertInto('consent')
      .values(row)
      .onConflict((conflict) => conflict.columns(['userId', 'document', 'version']).doNothing())
      .execute();
  }
}

function tokensOf(trx: Transaction<IdentityTables>, userId: string) {
  return trx.selectFrom('api_token').select(['id', 'userId']).where('userId', '=', userId).execute();
}
