import { Problem } from '@ptsdly/contract';
import { type Bell, type Caller, newId } from '@ptsdly/kit';
import type { Kysely, Transaction } from 'kysely';
import { type PostOffice, type TokenPurpose, tokenHash } from './mail/post-office.ts';
import type { Locale } from './mail/words.ts';
import type { Passwords } from './passwords.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { Reauthentication } from './reauthentication.ts';
import type { IdentityTables } from './schema.ts';
import { endAllOf } from './sessions.ts';
import type { PasswordRules } from './weak-password.ts';

export interface CredentialsParts {
  readonly db: Kysely<IdentityTables>;
  readonly bell: Bell;
  readonly post: PostOffice;
  readonly passwords: Passwords;
  readonly rules: PasswordRules;
  readonly reauthentication: Reauthentication;
}

/** What a letter says of a change. */
const CHANGES = {
  'passkey-added': { ko: '패스키가 더해짐', en: 'a passkey was added' },
  'passkey-removed': { ko: '패스키가 없어짐', en: 'a passkey was removed' },
  'second-factor-on': { ko: '2단계 인증이 켜짐', en: 'the second factor was switched on' },
  'recovery-codes': { ko: '복구 코드를 새로 만듦', en: 'new recovery codes were made' },
  'kakao-unlinked': {
    ko: '카카오가 연결 끊김을 알려 옴. 다른 로그인 방법이 없다면 비밀번호를 정해 주세요',
    en: 'Kakao says that it was disconnected; if you have no other way in, choose a password',
  },
  'second-factor-off': { ko: '2단계 인증이 꺼짐', en: 'the second factor was switched off' },
} as const;

type Trx = Transaction<IdentityTables>;
type Proof = { readonly userId: string; readonly purpose: string; readonly email: string };

/** E-mail addresses and passwords: how they are proved, changed and got back. */
export class Credentials {
  readonly #parts: CredentialsParts;

  constructor(parts: CredentialsParts) {
    this.#parts = parts;
  }

  /** Same answer and same work whoever asks for whom. */
  async forgot(email: string, locale: Locale): Promise<undefined> {
    await this.#parts.post.post({ kind: 'reset-password', email, locale });
    return undefined;
  }

  /**
   * A new password by a letter's token. It proves the mailbox; of an account that had not proved it before, every
   * other way in goes, for somebody else may have put it there. All sessions and API tokens end.
   * Rejects with `token_invalid` or `weak_password`.
   */
  async reset(token: string, password: string, locale: Locale): Promise<undefined> {
    const { db, bell, passwords, rules, post } = this.#parts;
    const proof = await this.#peek(token, ['reset-password']);
    await rules.check(password, proof.email);
    const hash = await passwords.hash(password);
    await db.transaction().execute(async (trx) => {
      await use(trx, token);
      const user = await trx
        .selectFrom('user')
        .select(['email', 'emailVerified'])
        .where('id', '=', proof.userId)
        .executeTakeFirst();
      if (user?.email !== proof.email) throw new Problem('token_invalid');
      if (user.emailVerified !== 1) await removeOtherWays(trx, proof.userId);
      await setPassword(trx, proof.userId, hash);
      await trx.updateTable('user').set({ emailVerified: 1 }).where('id', '=', proof.userId).execute();
      await trx.deleteFrom('mail_token').where('userId', '=', proof.userId).execute();
      await endAllOf(trx, proof.userId);
    });
    bell.ring();
    await post.post({ kind: 'password-changed', email: proof.email, userId: proof.userId, locale });
    return undefined;
  }

  /** Changes or sets a password; other sessions end. Rejects with `invalid_credentials` or `weak_password`. */
  async changePassword(caller: Caller, body: { current?: string; password: string }, locale: Locale) {
    const { db, bell, passwords, rules, post, reauthentication } = this.#parts;
    await reauthentication.require(caller, body.current);
    const email = await this.#emailOf(caller.sub);
    if (isPlaceholder(email)) throw new Problem('conflict', { detail: 'Add an e-mail address first.' });
    await rules.check(body.password, email);
    const hash = await passwords.hash(body.password);
    await db.transaction().execute(async (trx) => {
      await setPassword(trx, caller.sub, hash);
      await endAllOf(trx, caller.sub, caller.sid);
    });
    bell.ring();
    await post.post({ kind: 'password-changed', email, userId: caller.sub, locale });
    return undefined;
  }

  /** Asks the address of the account to prove itself. */
  async verifyEmail(caller: Caller, locale: Locale): Promise<undefined> {
    const email = await this.#emailOf(caller.sub);
    if (!isPlaceholder(email)) {
      await this.#parts.post.post({ kind: 'verify-email', email, userId: caller.sub, locale });
    }
    return undefined;
  }

  /** Begins a change of address; it counts when the letter's link is followed. Says nothing about who has it. */
  async requestEmail(caller: Caller, body: { email: string; password?: string }, locale: Locale) {
    await this.#parts.reauthentication.require(caller, body.password);
    await this.#parts.post.post({ kind: 'change-email', email: body.email, userId: caller.sub, locale });
    return undefined;
  }

  /** The link of a letter was followed. Rejects with `token_invalid` or `email_taken`. */
  async confirmEmail(token: string, locale: Locale): Promise<{ email: string }> {
    const { db, post } = this.#parts;
    const proof = await this.#peek(token, ['verify-email', 'change-email']);
    const former = await db.transaction().execute(async (trx) => {
      await use(trx, token);
      const user = await trx
        .selectFrom('user')
        .select('email')
        .where('id', '=', proof.userId)
        .executeTakeFirst();
      if (!user || (proof.purpose === 'verify-email' && user.email !== proof.email)) {
        throw new Problem('token_invalid');
      }
      const owner = await trx
        .selectFrom('user')
        .select('id')
        .where('email', '=', proof.email)
        .executeTakeFirst();
      if (owner && owner.id !== proof.userId) throw new Problem('email_taken');
      const changes = { email: proof.email, emailVerified: 1, updatedAt: new Date().toISOString() };
      await trx.updateTable('user').set(changes).where('id', '=', proof.userId).execute();
      return user.email;
    });
    if (former !== proof.email && !isPlaceholder(former)) {
      await post.post({ kind: 'email-changed', email: former, userId: proof.userId, locale });
    }
    return { email: proof.email };
  }

  /** Tells the owner that a way in has come or gone. */
  async tellOfChange(
    { sub }: Pick<Caller, 'sub'>,
    what: keyof typeof CHANGES,
    locale: Locale,
  ): Promise<undefined> {
    const email = await this.#emailOf(sub);
    if (isPlaceholder(email)) return undefined;
    const values = { what: CHANGES[what][locale] };
    await this.#parts.post.post({ kind: 'security-changed', email, userId: sub, locale, values });
    return undefined;
  }

  async #peek(token: string, purposes: readonly TokenPurpose[]): Promise<Proof> {
    const row = await this.#parts.db
      .selectFrom('mail_token')
      .select(['userId', 'purpose', 'email'])
      .where('hash', '=', tokenHash(token))
      .where('purpose', 'in', purposes)
      .where('expiresAt', '>', new Date().toISOString())
      .executeTakeFirst();
    if (!row) throw new Problem('token_invalid');
    return row;
  }

  async #emailOf(userId: string): Promise<string> {
    const { db } = this.#parts;
    const user = await db.selectFrom('user').select('email').where('id', '=', userId).executeTakeFirst();
    if (!user) throw new Problem('unauthenticated');
    return user.email;
  }
}

/** A token works once, whatever two requests at the same moment do. */
async function use(trx: Trx, token: string): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('mail_token')
    .where('hash', '=', tokenHash(token))
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) throw new Problem('token_invalid');
}

async function setPassword(trx: Trx, userId: string, password: string): Promise<void> {
  const now = new Date().toISOString();
  const changed = await trx
    .updateTable('account')
    .set({ password, updatedAt: now })
    .where('userId', '=', userId)
    .where('providerId', '=', 'credential')
    .executeTakeFirst();
  if (changed.numUpdatedRows > 0n) return;
  const none = { accessToken: null, refreshToken: null, idToken: null, scope: null };
  const row = { id: newId(), accountId: userId, providerId: 'credential', userId, password };
  const times = { accessTokenExpiresAt: null, refreshTokenExpiresAt: null, createdAt: now, updatedAt: now };
  await trx
    .insertInto('account')
    .values({ ...row, ...none, ...times })
    .execute();
}

async function removeOtherWays(trx: Trx, userId: string): Promise<void> {
  await trx
    .deleteFrom('account')
    .where('userId', '=', userId)
    .where('providerId', '!=', 'credential')
    .execute();
  for (const table of ['passkey', 'totp', 'recovery_code', 'device'] as const) {
    await trx.deleteFrom(table).where('userId', '=', userId).execute();
  }
}
