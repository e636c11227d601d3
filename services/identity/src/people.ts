import { type CallOutput, type identityApi, Problem, type Role } from '@ptsdly/contract';
import type { Bell, Caller } from '@ptsdly/kit';
import type { Kysely, Transaction } from 'kysely';
import { OPERATOR, writeAct } from './audit.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { IdentityTables } from './schema.ts';
import { endAllOf, type Sessions } from './sessions.ts';

type Account = CallOutput<typeof identityApi.setRole>;
type Accounts = CallOutput<typeof identityApi.listAccounts>;
type Trail = CallOutput<typeof identityApi.listAudit>;
interface Page {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Other people's accounts, for support (reads) and administrators (act). Every act is written down with it. */
export class People {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;
  readonly #bell: Bell;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions, bell: Bell) {
    this.#db = db;
    this.#sessions = sessions;
    this.#bell = bell;
  }

  async list(
    caller: Caller,
    { search, cursor, limit }: Page & { search?: string | undefined },
  ): Promise<Accounts> {
    await this.#sessions.require(caller);
    let query = this.#db
      .selectFrom('user')
      .select(ACCOUNT)
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (cursor) query = query.where('id', '<', cursor);
    if (search) {
      const beginning = `${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
      query = query.where((build) =>
        build.or([build('id', '=', search), build(build.fn('lower', ['email']), 'like', beginning)]),
      );
    }
    return paged(await query.execute(), limit, shown);
  }

  /** Rejects with `not_found`, or `conflict` for one's own. */
  async setRole(caller: Caller, id: string, role: Role): Promise<Account> {
    await this.#sessions.require(caller);
    if (id === caller.sub)
      throw new Problem('conflict', { detail: 'Nobody changes the role of their own account.' });
    return this.#appoint(caller.sub, id, role);
  }

  /** By the operator's command: how the first administrator comes to be. Rejects with `not_found`. */
  async appoint(email: string, role: Role): Promise<Account> {
    const user = await this.#db
      .selectFrom('user')
      .select('id')
      .where('email', '=', email.toLowerCase())
      .executeTakeFirst();
    if (!user) throw new Problem('not_found', { detail: 'There is no account with this e-mail address.' });
    return this.#appoint(OPERATOR, user.id, role);
  }

  /** Rejects with `not_found`. */
  async signOut(caller: Caller, id: string): Promise<undefined> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute(async (trx) => {
      await found(trx, id);
      await endAllOf(trx, id);
      await writeAct(trx, { actor: caller.sub, action: 'account.sign-out', subject: id, detail: '' });
    });
    this.#bell.ring();
    return undefined;
  }

  async trail(caller: Caller, { cursor, limit }: Page): Promise<Trail> {
    await this.#sessions.require(caller);
    let query = this.#db
      .selectFrom('audit')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (cursor) query = query.where('id', '<', cursor);
    return paged(await query.execute(), limit, (row) => row);
  }

  /** The old tokens carry the old role, so they end with it. */
  async #appoint(actor: string, id: string, role: Role): Promise<Account> {
    const account = await this.#db.transaction().execute(async (trx) => {
      const before = await found(trx, id);
      await trx.updateTable('user').set({ role }).where('id', '=', id).execute();
      await endAllOf(trx, id);
      await writeAct(trx, { actor, action: 'account.role', subject: id, detail: `${before.role} → ${role}` });
      return shown({ ...before, role });
    });
    this.#bell.ring();
    return account;
  }
}

const ACCOUNT = ['id', 'name', 'email', 'role', 'createdAt'] as const;

async function found(trx: Transaction<IdentityTables>, id: string): Promise<Account & { email: string }> {
  const row = await trx.selectFrom('user').select(ACCOUNT).where('id', '=', id).executeTakeFirst();
  if (!row) throw new Problem('not_found');
  return row;
}

function shown(row: Account & { email: string }): Account {
  return { ...row, email: isPlaceholder(row.email) ? null : row.email };
}

function paged<R extends { readonly id: string }, T>(rows: R[], limit: number, show: (row: R) => T) {
  const items = rows.slice(0, limit);
  const nextCursor = rows.length > limit ? (items.at(-1)?.id ?? null) : null;
  return { items: items.map(show), nextCursor };
}
