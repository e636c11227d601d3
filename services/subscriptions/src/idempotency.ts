import { createHash } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Transaction } from 'kysely';
import type { Clock } from './clock.ts';
import type { Database, Tables } from './schema.ts';

const LIFE_MS = 24 * 3600 * 1000;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** One request under an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): of one user, for a day. */
export interface KeyedRequest {
  readonly userId: string;
  readonly key: string;
  readonly hash: string;
}

/** Undefined where no key was sent. Throws `bad_request` for one that is not 1 to 255 visible characters. */
export function keyedRequest(userId: string, headers: Headers, body: unknown): KeyedRequest | undefined {
  const key = headers.get('idempotency-key');
  if (key === null) return undefined;
  if (!KEY.test(key)) {
    throw new Problem('bad_request', {
      detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
    });
  }
  return { userId, key, hash: createHash('sha256').update(JSON.stringify(body)).digest('hex') };
}

export class Idempotency<T> {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** The answer given before. Rejects with `conflict` when the key was used with another body. */
  async answered({ userId, key, hash }: KeyedRequest): Promise<T | undefined> {
    const row = await this.#db
      .selectFrom('idempotency')
      .selectAll()
      .where('userId', '=', userId)
      .where('key', '=', key)
      .where('expiresAt', '>', this.#clock.now())
      .executeTakeFirst();
    if (!row) return undefined;
    if (row.requestHash === hash) return JSON.parse(row.answer) as T;
    throw new Problem('conflict', { detail: 'This Idempotency-Key was used with another request.' });
  }

  /** Keeps the answer in the transaction that makes it true. Rejects when the key has a live answer. */
  async keep(trx: Transaction<Tables>, { userId, key, hash }: KeyedRequest, answer: T): Promise<void> {
    const now = this.#clock.now();
    await trx
      .deleteFrom('idempotency')
      .where('userId', '=', userId)
      .where('key', '=', key)
      .where('expiresAt', '<=', now)
      .execute();
    const row = {
      userId,
      key,
      requestHash: hash,
      answer: JSON.stringify(answer),
      expiresAt: now + LIFE_MS,
    };
    await trx.insertInto('idempotency').values(row).execute();
  }
}
