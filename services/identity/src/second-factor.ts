import { createHash, randomBytes } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Caller } from '@ptsdly/kit';
import type { Kysely } from 'kysely';
import { Secret, TOTP } from 'otpauth';
import type { Attempts } from './attempts.ts';
import type { IdentityTables } from './schema.ts';
import type { Sealing } from './sealing.ts';

const PERIOD_S = 30;
/** Steps before and after now that are taken, for clocks that differ (RFC 6238 §5.2). */
const WINDOW = 1;
const RECOVERY_CODES = 10;

export interface SecondFactorParts {
  readonly db: Kysely<IdentityTables>;
  readonly sealing: Sealing;
  readonly attempts: Attempts;
}

/**
 * Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 s), each good once, and recovery codes for the day
 * when the telephone is gone: 80 random bits each, kept as SHA-256, good once.
 */
export class SecondFactor {
  readonly #parts: SecondFactorParts;

  constructor(parts: SecondFactorParts) {
    this.#parts = parts;
  }

  async isOn(userId: string): Promise<boolean> {
    const row = await this.#row(userId);
    return row !== undefined && row.confirmedAt !== null;
  }

  async recoveryCodesLeft(userId: string): Promise<number> {
    const rows = await this.#parts.db
      .selectFrom('recovery_code')
      .select('hash')
      .where('userId', '=', userId)
      .execute();
    return rows.length;
  }

  /** A new secret, which counts once a code of it has come. Rejects with `conflict` when one is on already. */
  async begin({ sub }: Caller, label: string): Promise<{ secret: string; uri: string }> {
    if (await this.isOn(sub)) throw new Problem('conflict', { detail: 'A second factor is on already.' });
    const secret = new Secret({ size: 20 });
    const sealed = this.#parts.sealing.seal(secret.base32);
    await this.#parts.db.deleteFrom('totp').where('userId', '=', sub).execute();
    await this.#parts.db
      .insertInto('totp')
      .values({ userId: sub, sealed, confirmedAt: null, lastStep: 0 })
      .execute();
    return { secret: secret.base32, uri: new TOTP({ issuer: 'PTSD.ly', label, secret }).toString() };
  }

  /** The first code switches it on. Answers the recovery codes, this once. Rejects with `wrong_code`. */
  async confirm({ sub }: Caller, code: string): Promise<{ recoveryCodes: string[] }> {
    await this.#guess(sub, () => this.#useAppCode(sub, code));
    await this.#parts.db
      .updateTable('totp')
      .set({ confirmedAt: new Date().toISOString() })
      .where('userId', '=', sub)
      .execute();
    return this.renew(sub);
  }

  /** New recovery codes in the place of the old ones. Rejects with `conflict` where no second factor is on. */
  async renew(userId: string): Promise<{ recoveryCodes: string[] }> {
    if (!(await this.isOn(userId))) throw new Problem('conflict', { detail: 'No second factor is on.' });
    const recoveryCodes = Array.from({ length: RECOVERY_CODES }, newCode);
    await this.#parts.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('recovery_code').where('userId', '=', userId).execute();
      const rows = recoveryCodes.map((code) => ({ userId, hash: digest(code) }));
      await trx.insertInto('recovery_code').values(rows).execute();
    });
    return { recoveryCodes };
  }

  async switchOff(userId: string): Promise<void> {
    await this.#parts.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('totp').where('userId', '=', userId).execute();
      await trx.deleteFrom('recovery_code').where('userId', '=', userId).execute();
    });
  }

  /** A code of the app or a recovery code, used up by this. Rejects with `wrong_code` or `rate_limited`. */
  async use(userId: string, code: string): Promise<void> {
    const isAppCode = /^\d{6}$/.test(code.replace(/\s/g, ''));
    await this.#guess(userId, () =>
      isAppCode ? this.#useAppCode(userId, code.replace(/\s/g, '')) : this.#useRecoveryCode(userId, code),
    );
  }

  #guess(userId: string, guess: () => Promise<void>): Promise<void> {
    return this.#parts.attempts.guard(`second factor ${userId}`, guess);
  }

  async #useAppCode(userId: string, code: string): Promise<void> {
    const row = await this.#row(userId);
    const secret = row && this.#parts.sealing.open(row.sealed)?.toString();
    if (!row || !secret) throw new Problem('wrong_code');
    const delta = new TOTP({ secret: Secret.fromBase32(secret) }).validate({ token: code, window: WINDOW });
    if (delta === null) throw new Problem('wrong_code');
    const step = Math.floor(Date.now() / 1000 / PERIOD_S) + delta;
    const used = await this.#parts.db
      .updateTable('totp')
      .set({ lastStep: step })
      .where('userId', '=', userId)
      .where('lastStep', '<', step)
      .executeTakeFirst();
    if (used.numUpdatedRows === 0n) throw new Problem('wrong_code');
  }

  async #useRecoveryCode(userId: string, code: string): Promise<void> {
    const deleted = await this.#parts.db
      .deleteFrom('recovery_code')
      .where('userId', '=', userId)
      .where('hash', '=', digest(code))
      .executeTakeFirst();
    if (deleted.numDeletedRows === 0n) throw new Problem('wrong_code');
  }

  #row(userId: string) {
    return this.#parts.db.selectFrom('totp').selectAll().where('userId', '=', userId).executeTakeFirst();
  }
}

/** `xxxx-xxxx-xxxx-xxxx`: 16 of 32 signs, 80 bits. */
function newCode(): string {
  const alphabet = 'abcdefghjkmnpqrstvwxyz0123456789';
  const signs = [...randomBytes(16)].map((byte) => alphabet[byte % alphabet.length]);
  return signs.join('').replace(/(.{4})(?=.)/g, '$1-');
}

const digest = (code: string) =>
  createHash('sha256').update(code.toLowerCase().replace(/[\s-]/g, '')).digest('base64url');
