import { type EventData, type Me, Problem } from '@ptsdly/contract';
import { appendEvent, upsert } from '@ptsdly/db';
import { type Bell, type Caller, newId } from '@ptsdly/kit';
import type { Kysely, Transaction } from 'kysely';
import { type DocumentName, documents } from './documents.ts';
import type { PostOffice } from './mail/post-office.ts';
import type { Locale } from './mail/words.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { Reauthentication } from './reauthentication.ts';
import type { Receipts } from './receipts.ts';
import type { IdentityTables } from './schema.ts';
import { endAllOf, type Sessions } from './sessions.ts';

interface Changes {
  readonly name?: string;
  readonly locale?: Locale;
  readonly signInAlerts?: boolean;
}

export type Consents = Me['consents'];

/** Where the app shows what has become of a deleted account. */
const RECEIPT_PATH = '/app/receipt';

export interface UsersParts {
  readonly db: Kysely<IdentityTables>;
  readonly sessions: Sessions;
  readonly bell: Bell;
  readonly reauthentication: Reauthentication;
  readonly receipts: Receipts;
  readonly post: PostOffice;
}

/** A person's own account. Every call rejects with `unauthenticated` once the caller's session has ended. */
export class Users {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;
  readonly #bell: Bell;
  readonly #parts: UsersParts;

  constructor(parts: UsersParts) {
    this.#db = parts.db;
    this.#sessions = parts.sessions;
    this.#bell = parts.bell;
    this.#parts = parts;
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
      isEmailVerified: user.emailVerified === 1,
      image,
      role: user.role,
      signInAlerts: user.signInAlerts === 1,
      locale,
      providers,
      consents,
      createdAt,
    };
  }

  async update(caller: Caller, { signInAlerts, ...changes }: Changes): Promise<Me> {
    await this.#sessions.require(caller);
    await this.#db
      .updateTable('user')
      .set({
        ...changes,
        ...(signInAlerts === undefined ? {} : { signInAlerts: Number(signInAlerts) }),
        updatedAt: new Date().toISOString(),
      })
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

  /** All that identity holds of a person, but for secrets. */
  async export(caller: Caller): Promise<Record<string, unknown>> {
    const me = await this.me(caller);
    const rows = <T extends keyof typeof EXPORTED>(table: T) =>
      this.#db
        .selectFrom(table as 'consent')
        .select(EXPORTED[table] as unknown as 'id'[])
        .where('userId', '=', caller.sub)
        .execute();
    const tables = Object.keys(EXPORTED) as (keyof typeof EXPORTED)[];
    const exported = await Promise.all(tables.map(async (table) => [table, await rows(table)] as const));
    return { exportedAt: new Date().toISOString(), me, ...Object.fromEntries(exported) };
  }

  /**
   * Deletes the account with all that identity holds of it, and tells the others, in one transaction. Answers where
   * the receipt stands. Rejects as `Reauthentication.require`.
   */
  async delete(caller: Caller, password: string | undefined, locale: Locale): Promise<string> {
    const { reauthentication, receipts, post } = this.#parts;
    await reauthentication.require(caller, password);
    const { email } = await this.me(caller);
    const secret = await this.#db.transaction().execute(async (trx) => {
      await endAllOf(trx, caller.sub);
      const counts = await deleteRows(trx, caller.sub);
      const deleted = await trx.deleteFrom('user').where('id', '=', caller.sub).executeTakeFirst();
      if (deleted.numDeletedRows === 0n) throw new Problem('unauthenticated');
      const data: EventData = { type: 'user.deleted', userId: caller.sub };
      await appendEvent(trx, data);
      return receipts.begin(trx, caller.sub, counts);
    });
    this.#bell.ring();
    const path = `${RECEIPT_PATH}#token=${secret}`;
    if (email) await post.post({ kind: 'account-deleted', email, locale, path });
    return path;
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
    await upsert(this.#db, 'consent', row, ['userId', 'document', 'version']);
  }
}

/** What of a person's rows is theirs to read. */
const EXPORTED = {
  account: ['providerId', 'createdAt'],
  consent: ['document', 'version', 'at'],
  session: ['createdAt', 'updatedAt', 'userAgent'],
  api_token: ['name', 'scopes', 'createdAt', 'expiresAt', 'lastUsedAt'],
  program: ['name', 'scopes', 'createdAt', 'rotatedAt', 'expiresAt'],
  passkey: ['name', 'createdAt', 'lastUsedAt'],
  device: ['seenAt'],
} as const;

const OF_A_PERSON = [
  'account',
  'consent',
  'passkey',
  'totp',
  'recovery_code',
  'device',
  'picture',
  'mail_token',
  'mail',
] as const;

/** By their kind, for the receipt. */
async function deleteRows(trx: Transaction<IdentityTables>, userId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = { account: 0 };
  for (const table of OF_A_PERSON) {
    const deleted = await trx
      .deleteFrom(table as 'account')
      .where('userId', '=', userId)
      .executeTakeFirst();
    if (deleted.numDeletedRows > 0n) counts[table] = Number(deleted.numDeletedRows);
  }
  return counts;
}
