import { createHash, randomBytes } from 'node:crypto';
import { billingLetter } from '@ptsdly/contract';
import { isUniqueViolation } from '@ptsdly/db';
import { type Logger, newId } from '@ptsdly/kit';
import type { Kysely, Selectable } from 'kysely';
import type { IdentityTables } from '../schema.ts';
import { type LetterKind, writeLetter } from './letters.ts';
import type { Mailer } from './mailer.ts';
import type { Locale } from './words.ts';

const HOUR_MS = 3600_000;
/** Letters of one kind to one address within an hour; the rest are not written. */
const MOST_AN_HOUR = 3;
const LIMITED: ReadonlySet<LetterKind> = new Set([
  'verify-email',
  'reset-password',
  'change-email',
  'account-exists',
]);
const RETRY_MS = [10_000, 60_000, 300_000, 900_000, HOUR_MS, 6 * HOUR_MS];
const KEPT_MS = 7 * 24 * HOUR_MS;
const LOOK_MS = 5000;

/** What a letter's link is for, and how long it works. */
const TOKEN_MS = {
  'verify-email': 24 * HOUR_MS,
  'change-email': 24 * HOUR_MS,
  'reset-password': HOUR_MS,
} as const;
export type TokenPurpose = keyof typeof TOKEN_MS;

const PATHS: Readonly<Partial<Record<LetterKind, string>>> = {
  'verify-email': '/app/confirm-email',
  'change-email': '/app/confirm-email',
  'reset-password': '/app/reset-password',
  'account-exists': '/app/sign-in',
  'password-changed': '/app/forgot-password',
  'new-sign-in': '/app/me',
  'security-changed': '/app/me',
  ...Object.fromEntries(billingLetter.options.map((kind) => [kind, '/app/subscription'])),
};

export interface Letter {
  /** Where it may be asked for twice; the second time does nothing. */
  readonly id?: string;
  readonly kind: LetterKind;
  readonly email: string;
  readonly userId?: string | undefined;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, string>>;
  /** Another path of ours than that of the kind. */
  readonly path?: string;
}

type Row = Selectable<IdentityTables['mail']>;

/**
 * Letters are first written down, then sent by a loop that tries again: a mail server that is away loses nothing, and
 * asking for a letter takes the same time whether or not somebody lives at the address. Without a mail server they
 * stay for the operator to read (`ptsdly identity mails`). What a link proves is made when the letter is written, and
 * only its hash is kept.
 */
export class PostOffice {
  readonly #db: Kysely<IdentityTables>;
  readonly #origin: string;
  readonly #mailer: Mailer | undefined;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;

  constructor(db: Kysely<IdentityTables>, origin: string, mailer: Mailer | undefined, log: Logger) {
    this.#db = db;
    this.#origin = origin;
    this.#mailer = mailer;
    this.#log = log;
    this.#timer = setInterval(() => this.hurry(), LOOK_MS).unref();
  }

  /** True where letters reach people, so that an address can be asked to prove itself. */
  get delivers(): boolean {
    return this.#mailer !== undefined;
  }

  async post(letter: Letter): Promise<void> {
    const email = letter.email.toLowerCase();
    if (LIMITED.has(letter.kind) && (await this.#lately(letter.kind, email)) >= MOST_AN_HOUR) return;
    const now = new Date().toISOString();
    const data = JSON.stringify({ values: letter.values ?? {}, path: letter.path });
    const row = { kind: letter.kind, email, userId: letter.userId ?? null, locale: letter.locale, data };
    const fresh = { state: 'waiting', attempts: 0, nextAt: now, createdAt: now, content: null } as const;
    try {
      const all = { id: letter.id ?? newId(), ...row, ...fresh };
      await this.#db.insertInto('mail').values(all).execute();
    } catch (error) {
      if (letter.id === undefined || !isUniqueViolation(error)) throw error;
    }
    setImmediate(() => this.hurry());
  }

  /** Looks after what waits; one round at a time. */
  hurry(): void {
    this.#running ??= this.#round()
      .catch((error: unknown) => this.#log.error({ err: error }, 'letters could not be looked after'))
      .finally(() => {
        this.#running = undefined;
      });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    this.#mailer?.close();
  }

  async #lately(kind: LetterKind, email: string): Promise<number> {
    const { count } = await this.#db
      .selectFrom('mail')
      .select((build) => build.fn.countAll<number>().as('count'))
      .where('email', '=', email)
      .where('kind', '=', kind)
      .where('createdAt', '>', new Date(Date.now() - HOUR_MS).toISOString())
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  async #round(): Promise<void> {
    const old = new Date(Date.now() - KEPT_MS).toISOString();
    await this.#db.deleteFrom('mail').where('createdAt', '<', old).where('state', '!=', 'waiting').execute();
    for (;;) {
      const row = await this.#db
        .selectFrom('mail')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('nextAt', '<=', new Date().toISOString())
        .orderBy('nextAt')
        .executeTakeFirst();
      if (!row) return;
      await this.#handle(row);
    }
  }

  async #handle(row: Row): Promise<void> {
    try {
      const mail = await this.#write(row);
      if (mail && this.#mailer) await this.#mailer.send(mail);
      const isKept = mail !== undefined && !this.#mailer;
      if (isKept)
        this.#log.warn({ kind: row.kind }, 'no mail server: a letter waits in `ptsdly identity mails`');
      const content = isKept ? JSON.stringify({ subject: mail.subject, text: mail.text }) : null;
      await this.#settle(row.id, { state: isKept ? 'kept' : 'sent', content, data: '{}' });
    } catch (error) {
      const wait = RETRY_MS[row.attempts];
      this.#log.warn({ err: error, kind: row.kind, attempts: row.attempts + 1 }, 'a letter was not sent');
      const nextAt = new Date(Date.now() + (wait ?? 0)).toISOString();
      const state = wait === undefined ? 'failed' : 'waiting';
      await this.#settle(row.id, { state, attempts: row.attempts + 1, nextAt });
    }
  }

  async #settle(id: string, changes: Partial<Row>): Promise<void> {
    await this.#db.updateTable('mail').set(changes).where('id', '=', id).execute();
  }

  /** Undefined where nobody lives at the address: nobody is told. */
  async #write({ kind, email, userId, locale, data }: Row) {
    const { values, path = PATHS[kind as LetterKind] } = JSON.parse(data) as Pick<Letter, 'values' | 'path'>;
    const options = { to: email, locale: locale as Locale, ...(values ? { values } : {}) };
    const link = path && this.#origin + path;
    if (!(kind in TOKEN_MS)) return writeLetter(kind as LetterKind, { ...options, link });
    const reader = userId ?? (await this.#userAt(email));
    if (!reader) return undefined;
    const token = await this.#token(kind as TokenPurpose, reader, email);
    // In the fragment, which no server, log or referrer sees.
    return writeLetter(kind as LetterKind, { ...options, link: `${link}#token=${token}` });
  }

  async #userAt(email: string): Promise<string | undefined> {
    const user = await this.#db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst();
    return user?.id;
  }

  async #token(purpose: TokenPurpose, userId: string, email: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + TOKEN_MS[purpose]).toISOString();
    const row = { hash: tokenHash(token), userId, purpose, email, expiresAt };
    await this.#db.insertInto('mail_token').values(row).execute();
    return token;
  }
}

export const tokenHash = (token: string) => createHash('sha256').update(token).digest('base64url');
