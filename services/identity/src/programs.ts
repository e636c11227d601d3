import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Problem, type ProgramTokens, type Scope } from '@ptsdly/contract';
import { type Bell, type Logger, newId } from '@ptsdly/kit';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { IdentityTables } from './schema.ts';
import { endSessions } from './sessions.ts';
import type { Tokens } from './tokens.ts';

/** What every refresh token begins with, so that a scanner of leaked secrets knows whose it is. */
const PREFIX = 'ptsdlyr_';
const FAMILY_BYTES = 16;
const FAMILY_LENGTH = 22; // of them in base64url
const TOKEN = new RegExp(`^${PREFIX}([\\w-]{${FAMILY_LENGTH}})[\\w-]{43}$`);

const DAY_MS = 24 * 3600_000;
/** A program that does nothing for so long is signed out, and every one after a year (OWASP ASVS 5 §7.3). */
const IDLE_MS = 30 * DAY_MS;
const LIFE_MS = 366 * DAY_MS;
/** For so long a used refresh token is answered as it was the first time, because that answer may have been lost. */
const GRACE_MS = 10_000;
export const MOST_PROGRAMS = 50;

type Row = Selectable<IdentityTables['program']>;

export interface ProgramsParts {
  readonly db: Kysely<IdentityTables>;
  readonly tokens: Tokens;
  readonly bell: Bell;
  readonly secret: string;
  readonly log: Logger;
}

/**
 * Programs that a person has let in, each with a family of refresh tokens of which the newest alone is good, and only
 * once (RFC 9700 §4.14.2). All tokens of a family share their first half, so that any of them that comes again is known
 * for one that was used, and ends the family: one of the two who have it has stolen it. The successor of a token follows
 * from it and from our secret, so that a lost answer, or two renewals at once, make no second branch. Only hashes are kept.
 */
export class Programs {
  readonly #parts: ProgramsParts;
  readonly #key: Buffer;

  constructor(parts: ProgramsParts) {
    this.#parts = parts;
    this.#key = Buffer.from(hkdfSync('sha256', parts.secret, '', 'ptsdly identity refresh tokens', 32));
  }

  /** Lets a program in, in the caller's transaction; its tokens are its to fetch with `answer`. */
  async begin(
    trx: Transaction<IdentityTables>,
    program: Pick<Row, 'userId' | 'name' | 'scopes'>,
  ): Promise<{ row: Row; refreshToken: string }> {
    const family = randomBytes(FAMILY_BYTES).toString('base64url');
    const refreshToken = PREFIX + family + randomBytes(32).toString('base64url');
    const now = Date.now();
    const at = new Date(now).toISOString();
    const row: Row = {
      ...{ ...program, id: newId(), familyHash: digest(family), currentHash: digest(refreshToken) },
      ...{ formerHash: null, createdAt: at, rotatedAt: at, expiresAt: new Date(now + IDLE_MS).toISOString() },
    };
    await trx.insertInto('program').values(row).execute();
    return { row, refreshToken };
  }

  /**
   * Rejects with `invalid_grant`: unknown, over, of a program of another name, or used before, which ends the sign-in of
   * the program.
   */
  async refresh(shown: string, name?: string): Promise<ProgramTokens> {
    const family = TOKEN.exec(shown)?.[1];
    const row = family === undefined ? undefined : await this.#live(digest(family));
    if (!family || !row || (name !== undefined && row.name !== name)) throw new Problem('invalid_grant');
    const next = this.#successor(shown, family);
    if (await this.#rotate(row, digest(shown), digest(next))) return this.answer(row, next);
    const now = await this.#live(row.familyHash); // somebody may have rotated it a moment ago
    if (now && isRepeated(now, digest(shown), digest(next))) return this.answer(now, next);
    if (now) await this.#endStolen(now);
    throw new Problem('invalid_grant');
  }

  /** Ends the program behind any refresh token that it ever had. Ending what has ended is nothing. */
  async revoke(shown: string): Promise<undefined> {
    const family = TOKEN.exec(shown)?.[1];
    const row = family === undefined ? undefined : await this.#live(digest(family));
    if (row) await this.#end(row);
    return undefined;
  }

  async answer(row: Row, refreshToken: string): Promise<ProgramTokens> {
    const { token, seconds } = await this.#parts.tokens.forProgram(row);
    const scopes = row.scopes.split(' ') as Scope[];
    return { accessToken: token, expiresIn: seconds, refreshToken, scopes };
  }

  #successor(token: string, family: string): string {
    return PREFIX + family + createHmac('sha256', this.#key).update(token).digest('base64url');
  }

  /** False where `from` is not the newest token. */
  async #rotate({ id, createdAt }: Row, from: string, to: string): Promise<boolean> {
    const now = Date.now();
    const end = Math.min(now + IDLE_MS, Date.parse(createdAt) + LIFE_MS);
    const { numUpdatedRows } = await this.#parts.db
      .updateTable('program')
      .set({
        ...{ currentHash: to, formerHash: from, rotatedAt: new Date(now).toISOString() },
        expiresAt: new Date(end).toISOString(),
      })
      .where('id', '=', id)
      .where('currentHash', '=', from)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  #live(familyHash: string): Promise<Row | undefined> {
    return this.#parts.db
      .selectFrom('program')
      .selectAll()
      .where('familyHash', '=', familyHash)
      .where('expiresAt', '>', new Date().toISOString())
      .executeTakeFirst();
  }

  async #endStolen(row: Row): Promise<void> {
    this.#parts.log.warn(
      { program: row.id, userId: row.userId },
      'a refresh token was used twice: its program is signed out',
    );
    await this.#end(row);
  }

  async #end(row: Row): Promise<void> {
    await this.#parts.db.transaction().execute(async (trx) => endProgram(trx, row));
    this.#parts.bell.ring();
  }
}

/** Ends the sign-in of a program at every service, in the caller's transaction. */
export async function endProgram(
  trx: Transaction<IdentityTables>,
  { id, userId }: Pick<Row, 'id' | 'userId'>,
): Promise<void> {
  await trx.deleteFrom('program').where('id', '=', id).execute();
  await endSessions(trx, [{ id, userId }]);
}

function isRepeated(row: Row, shown: string, next: string): boolean {
  const isLast = row.formerHash === shown && row.currentHash === next;
  return isLast && Date.parse(row.rotatedAt) > Date.now() - GRACE_MS;
}

const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url');
