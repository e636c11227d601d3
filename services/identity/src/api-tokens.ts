import { createHash, randomBytes } from 'node:crypto';
import { type ApiToken, type HandlerInput, type identityApi, Problem, type Scope } from '@ptsdly/contract';
import { type Bell, type Caller, newId } from '@ptsdly/kit';
import type { Kysely, Selectable } from 'kysely';
import type { IdentityTables } from './schema.ts';
import { endSessions, type Sessions } from './sessions.ts';

/** What every API token begins with, so that a scanner of leaked secrets knows whose it is. */
export const API_TOKEN_PREFIX = 'ptsdly_';

const RANDOM_BYTES = 32;
/** Characters of the token that are shown again, to tell one from another. */
const HINT_LENGTH = API_TOKEN_PREFIX.length + 4;
const MOST = 50;
const DAY_MS = 24 * 3600_000;
/** `lastUsedAt` is written at most this often, so that reading does not mean writing. */
const NOTE_MS = 60_000;

type Row = Selectable<IdentityTables['api_token']>;
type NewToken = HandlerInput<typeof identityApi.createToken>['body'];

/**
 * Tokens that a person makes for programs. Only a SHA-256 is kept: the token is 256 random bits, so there is nothing
 * to guess and no slow hash is needed.
 */
export class ApiTokens {
  readonly #db: Kysely<IdentityTables>;
  readonly #sessions: Sessions;
  readonly #bell: Bell;

  constructor(db: Kysely<IdentityTables>, sessions: Sessions, bell: Bell) {
    this.#db = db;
    this.#sessions = sessions;
    this.#bell = bell;
  }

  /** The only answer that ever carries the token. Rejects with `conflict` when there are too many. */
  async create(caller: Caller, body: NewToken): Promise<ApiToken & { token: string }> {
    await this.#sessions.require(caller);
    const live = await this.list(caller);
    if (live.length >= MOST) {
      throw new Problem('conflict', { detail: `There are ${MOST} tokens already; revoke one first.` });
    }
    const token = API_TOKEN_PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
    const now = Date.now();
    const row: Row = {
      id: newId(),
      userId: caller.sub,
      name: body.name,
      hash: digest(token),
      hint: token.slice(0, HINT_LENGTH),
      scopes: [...new Set(body.scopes)].join(' '),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + body.expiresInDays * DAY_MS).toISOString(),
      lastUsedAt: null,
    };
    await this.#db.insertInto('api_token').values(row).execute();
    return { ...shown(row), token };
  }

  /** Those that still work, newest first. */
  async list(caller: Caller): Promise<ApiToken[]> {
    await this.#sessions.require(caller);
    const rows = await this.#live().where('userId', '=', caller.sub).orderBy('id', 'desc').execute();
    return rows.map(shown);
  }

  /** Ends a token at every service. Rejects with `not_found`. */
  async revoke(caller: Caller, id: string): Promise<void> {
    await this.#sessions.require(caller);
    await this.#db.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom('api_token')
        .where('id', '=', id)
        .where('userId', '=', caller.sub)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw new Problem('not_found');
      await endSessions(trx, [{ id, userId: caller.sub }]);
    });
    this.#bell.ring();
  }

  /** The live token that a program shows. Rejects with `unauthenticated`. */
  async use(token: string): Promise<Row> {
    const row = await this.#live().where('hash', '=', digest(token)).executeTakeFirst();
    if (!row) throw new Problem('unauthenticated');
    const now = Date.now();
    if (row.lastUsedAt === null || Date.parse(row.lastUsedAt) < now - NOTE_MS) {
      const lastUsedAt = new Date(now).toISOString();
      await this.#db.updateTable('api_token').set({ lastUsedAt }).where('id', '=', row.id).execute();
    }
    return row;
  }

  #live() {
    return this.#db.selectFrom('api_token').selectAll().where('expiresAt', '>', new Date().toISOString());
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function shown({ id, name, hint, scopes, createdAt, expiresAt, lastUsedAt }: Row): ApiToken {
  return { id, name, hint, scopes: scopes.split(' ') as Scope[], createdAt, expiresAt, lastUsedAt };
}
