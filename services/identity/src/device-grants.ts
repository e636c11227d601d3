import { createHash, randomBytes } from 'node:crypto';
import {
  type CallOutput,
  type DeviceRequest,
  type HandlerInput,
  type identityApi,
  Problem,
  type ProgramTokens,
  type Scope,
} from '@ptsdly/contract';
import { type Caller, newId } from '@ptsdly/kit';
import type { Kysely, Selectable } from 'kysely';
import type { Attempts } from './attempts.ts';
import type { Devices } from './devices.ts';
import type { Locale } from './mail/words.ts';
import { MOST_PROGRAMS, type Programs } from './programs.ts';
import type { IdentityTables } from './schema.ts';
import type { Sessions } from './sessions.ts';
import { newUserCode, plainUserCode } from './user-code.ts';

const LIFE_S = 600;
const INTERVAL_S = 2;
/** A program that asks too soon waits so much longer from then on (RFC 8628 §3.5). */
const SLOWER_S = 5;
/** Networks are not as regular as programs. */
const TOLERANCE_MS = 500;
/** Before the first question. */
const NEVER = new Date(0).toISOString();
/** Where a person types the code. */
const PAGE_PATH = '/app/device';

type Row = Selectable<IdentityTables['device_grant']>;
type Begun = CallOutput<typeof identityApi.beginDeviceGrant>;

export interface DeviceGrantsParts {
  readonly db: Kysely<IdentityTables>;
  readonly origin: string;
  readonly sessions: Sessions;
  readonly programs: Programs;
  readonly attempts: Attempts;
  readonly devices: Devices;
}

/**
 * Device authorization grants (RFC 8628): a program shows a code, a person who is signed in types it on a page of ours
 * and agrees, and the program that asks meanwhile is let in with the scopes that were shown.
 */
export class DeviceGrants {
  readonly #parts: DeviceGrantsParts;
  readonly #db: Kysely<IdentityTables>;

  constructor(parts: DeviceGrantsParts) {
    this.#parts = parts;
    this.#db = parts.db;
  }

  async begin({ name, scopes }: HandlerInput<typeof identityApi.beginDeviceGrant>['body']): Promise<Begun> {
    const deviceCode = randomBytes(32).toString('base64url');
    const userCode = newUserCode();
    const now = Date.now();
    const row: Row = {
      ...{ id: newId(), hash: digest(deviceCode), userCodeHash: digest(plainUserCode(userCode)), name },
      ...{ scopes: [...new Set(scopes)].join(' '), state: 'waiting', userId: null, interval: INTERVAL_S },
      ...{ askedAt: NEVER, expiresAt: new Date(now + LIFE_S * 1000).toISOString() },
    };
    await this.#db.insertInto('device_grant').values(row).execute();
    const verificationUrl = this.#parts.origin + PAGE_PATH;
    return {
      ...{ deviceCode, userCode, verificationUrl, expiresIn: LIFE_S, interval: INTERVAL_S },
      verificationUrlComplete: `${verificationUrl}?code=${userCode}`,
    };
  }

  /** Rejects with `wrong_code`, and `rate_limited` for who guesses. */
  async find(caller: Caller, typed: string): Promise<DeviceRequest> {
    const { name, scopes } = await this.#waiting(caller, typed);
    return { name, scopes: scopes.split(' ') as Scope[] };
  }

  /** Rejects as `find`, and with `limit_reached`. */
  async decide(caller: Caller, typed: string, approve: boolean, locale: Locale): Promise<undefined> {
    const { id, name } = await this.#waiting(caller, typed);
    if (approve) await this.#refuseTooMany(caller.sub);
    const decided = await this.#db
      .updateTable('device_grant')
      .set({ state: approve ? 'approved' : 'denied', userId: caller.sub })
      .where('id', '=', id)
      .where('state', '=', 'waiting')
      .executeTakeFirstOrThrow();
    if (decided.numUpdatedRows === 0n) throw new Problem('wrong_code'); // somebody else was quicker
    if (approve) await this.#parts.devices.tell(caller.sub, name, locale);
    return undefined;
  }

  /**
   * Rejects with `authorization_pending`, `slow_down`, `access_denied` or `expired_token` (RFC 8628 §3.5), and with
   * `invalid_grant` where the code was given to a program of another name.
   */
  async redeem(deviceCode: string, name?: string): Promise<ProgramTokens> {
    const row = await this.#live().where('hash', '=', digest(deviceCode)).executeTakeFirst();
    if (!row) throw new Problem('expired_token');
    if (name !== undefined && row.name !== name) throw new Problem('invalid_grant');
    if (row.state === 'waiting') throw await this.#pending(row);
    const { programs } = this.#parts;
    const begun = await this.#db.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom('device_grant')
        .where('id', '=', row.id)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n || row.userId === null) throw new Problem('expired_token'); // used a moment ago
      if (row.state === 'denied') return undefined;
      return programs.begin(trx, { userId: row.userId, name: row.name, scopes: row.scopes });
    });
    if (!begun) throw new Problem('access_denied');
    return programs.answer(begun.row, begun.refreshToken);
  }

  async #pending({ id, askedAt, interval }: Row): Promise<Problem> {
    const now = Date.now();
    const isHasty = now < Date.parse(askedAt) + interval * 1000 - TOLERANCE_MS;
    const next = isHasty ? interval + SLOWER_S : interval;
    await this.#db
      .updateTable('device_grant')
      .set({ askedAt: new Date(now).toISOString(), interval: next })
      .where('id', '=', id)
      .execute();
    return new Problem(isHasty ? 'slow_down' : 'authorization_pending', { retryAfter: next });
  }

  async #waiting(caller: Caller, typed: string): Promise<Row> {
    const { sessions, attempts } = this.#parts;
    await sessions.require(caller);
    return attempts.guard(`device ${caller.sub}`, async () => {
      const row = await this.#live()
        .where('userCodeHash', '=', digest(plainUserCode(typed)))
        .where('state', '=', 'waiting')
        .executeTakeFirst();
      if (!row) throw new Problem('wrong_code');
      return row;
    });
  }

  async #refuseTooMany(userId: string): Promise<void> {
    const programs = await this.#db
      .selectFrom('program')
      .select('id')
      .where('userId', '=', userId)
      .where('expiresAt', '>', new Date().toISOString())
      .execute();
    if (programs.length >= MOST_PROGRAMS) throw new Problem('limit_reached');
  }

  #live() {
    return this.#db.selectFrom('device_grant').selectAll().where('expiresAt', '>', new Date().toISOString());
  }
}

const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url');
