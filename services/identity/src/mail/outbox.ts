import { type CallOutput, type identityApi, Problem } from '@ptsdly/contract';
import type { Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import { writeAct } from '../audit.ts';
import type { IdentityTables } from '../schema.ts';
import type { Sessions } from '../sessions.ts';

type Letter = CallOutput<typeof identityApi.readMail>;
type Envelopes = CallOutput<typeof identityApi.listMails>;

/**
 * Letters that were kept because no mail server is configured. Their links let whoever reads them in, so the list shows
 * none, and each letter that an administrator opens is written to the audit trail.
 */
export class Outbox {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions) {
    this.#db = db;
    this.#sessions = sessions;
  }

  /** Whole letters for the operator at the machine, newest first. */
  async kept(limit: number): Promise<Letter[]> {
    return (await this.#kept().orderBy('id', 'desc').limit(limit).execute()).map(letterOf);
  }

  async list(
    caller: Caller,
    { cursor, limit }: { cursor?: string | undefined; limit: number },
  ): Promise<Envelopes> {
    await this.#sessions.require(caller);
    const all = this.#kept()
      .orderBy('id', 'desc')
      .limit(limit + 1);
    const rows = await (cursor === undefined ? all : all.where('id', '<', cursor)).execute();
    const items = rows.slice(0, limit).map(letterOf);
    return {
      items: items.map(({ id, at, to, subject }) => ({ id, at, to, subject })),
      nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  /** Rejects with `not_found`. */
  async read(caller: Caller, id: string): Promise<Letter> {
    await this.#sessions.require(caller);
    const row = await this.#kept().where('id', '=', id).executeTakeFirst();
    if (!row) throw new Problem('not_found');
    const subject = row.userId ?? (await this.#ownerOf(row.email)) ?? row.id;
    await writeAct(this.#db, { actor: caller.sub, action: 'mail.read', subject, detail: row.kind });
    return letterOf(row);
  }

  async #ownerOf(email: string): Promise<string | undefined> {
    const owner = this.#db.selectFrom('user').select('id').where('email', '=', email);
    return (await owner.executeTakeFirst())?.id;
  }

  #kept() {
    return this.#db
      .selectFrom('mail')
      .select(['id', 'kind', 'userId', 'createdAt', 'email', 'content'])
      .where('state', '=', 'kept');
  }
}

function letterOf(row: { id: string; createdAt: string; email: string; content: string | null }): Letter {
  const { subject, text } = JSON.parse(row.content ?? '{"subject":"","text":""}') as Letter;
  return { id: row.id, at: row.createdAt, to: row.email, subject, text };
}
