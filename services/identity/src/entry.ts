import { type CallOutput, type HandlerInput, type identityApi, Problem } from '@ptsdly/contract';
import type { Kysely } from 'kysely';
import type { Attempts } from './attempts.ts';
import type { Ceremonies } from './ceremonies.ts';
import type { SessionCookie } from './cookie.ts';
import type { Devices } from './devices.ts';
import type { Locale } from './mail/words.ts';
import type { PasskeyDemand, Passkeys } from './passkeys.ts';
import type { Passwords } from './passwords.ts';
import type { IdentityTables } from './schema.ts';
import type { SecondFactor } from './second-factor.ts';
import type { Sessions } from './sessions.ts';
import type { Visit } from './visit.ts';

type SignedIn = CallOutput<typeof identityApi.signInPasskey>;
type Password = HandlerInput<typeof identityApi.signIn>['body'];

const TICKET = 'ticket';
const TICKET_S = 600;
const USER_AGENT_LENGTH = 300;

export interface EntryParts {
  readonly db: Kysely<IdentityTables>;
  readonly cookie: SessionCookie;
  readonly sessions: Sessions;
  readonly ceremonies: Ceremonies;
  readonly passkeys: Passkeys;
  readonly passwords: Passwords;
  readonly secondFactor: SecondFactor;
  readonly devices: Devices;
  readonly attempts: Attempts;
}

/** The ways in that take two halves: passkeys, and passwords or providers with a second factor. */
export class Entry {
  readonly #parts: EntryParts;

  constructor(parts: EntryParts) {
    this.#parts = parts;
  }

  /** What a browser needs to ask its passkey, with the secret of the ceremony in a cookie. */
  demand({ options, secret }: PasskeyDemand, { headers }: Visit) {
    headers.append('set-cookie', this.#parts.cookie.line(TICKET, secret, TICKET_S));
    return { options: options as Record<string, unknown> };
  }

  /** The secret of the ceremony that this browser began; it goes with this answer. */
  ticket({ request, headers }: Visit): string | undefined {
    const { cookie } = this.#parts;
    headers.append('set-cookie', cookie.line(TICKET, '', 0));
    return cookie.valueOf(request.headers, `${cookie.prefix}.${TICKET}`);
  }

  async signInPasskey(response: unknown, visit: Visit): Promise<SignedIn> {
    return this.#begin(await this.#parts.passkeys.signIn(this.ticket(visit), response), visit);
  }

  /** Rejects with `wrong_code`, `token_invalid` or `rate_limited`. */
  async signInSecondFactor(code: string, visit: Visit): Promise<SignedIn> {
    const { ceremonies, secondFactor, cookie } = this.#parts;
    const ticket = cookie.valueOf(visit.request.headers, `${cookie.prefix}.${TICKET}`);
    const { userId } = await ceremonies.attempt('second-factor', ticket);
    await secondFactor.use(userId ?? '', code);
    await ceremonies.take('second-factor', this.ticket(visit));
    return this.#begin(userId ?? '', visit);
  }

  /**
   * Of somebody with a second factor, the password is only half: rejects with `second_factor_required` and the ticket
   * for the other half, or `invalid_credentials`. Resolves for everybody else, whose password others look at.
   */
  async halt({ email, password }: Password): Promise<void> {
    const { db, passwords, ceremonies } = this.#parts;
    const row = await db
      .selectFrom('user')
      .innerJoin('totp', 'totp.userId', 'user.id')
      .innerJoin('account', 'account.userId', 'user.id')
      .select(['user.id', 'account.password'])
      .where('user.email', '=', email.toLowerCase())
      .where('account.providerId', '=', 'credential')
      .where('totp.confirmedAt', 'is not', null)
      .executeTakeFirst();
    if (!row?.password) return;
    if (!(await passwords.verify({ hash: row.password, password }))) throw new Problem('invalid_credentials');
    const ticket = await ceremonies.begin('second-factor', row.id);
    const line = this.#parts.cookie.line(TICKET, ticket, TICKET_S);
    throw new Problem('second_factor_required', { headers: { 'set-cookie': line } });
  }

  /** A provider has signed somebody in: true when that was only half, and the session is gone again. */
  async haltProvider(token: string, { headers }: Visit): Promise<boolean> {
    const { sessions, secondFactor, ceremonies, cookie } = this.#parts;
    const { userId } = await sessions.use(token);
    if (!(await secondFactor.isOn(userId))) return false;
    await sessions.end(token);
    headers.append(
      'set-cookie',
      cookie.line(TICKET, await ceremonies.begin('second-factor', userId), TICKET_S),
    );
    return true;
  }

  async #begin(userId: string, visit: Visit): Promise<SignedIn> {
    const { db, sessions, cookie, devices } = this.#parts;
    const { request, headers } = visit;
    const user = await db
      .selectFrom('user')
      .select(['id', 'name', 'email'])
      .where('id', '=', userId)
      .executeTakeFirst();
    if (!user) throw new Problem('invalid_credentials');
    const former = cookie.tokenOf(request.headers);
    if (former) await sessions.end(former);
    const agent = (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_LENGTH);
    headers.append('set-cookie', cookie.begun(await sessions.begin(userId, agent)));
    await devices.arrive({ userId, request, headers, locale: localeOf(request) });
    return { user };
  }
}

/** The language of who asks: Korean unless the browser prefers English. */
export function localeOf(request: Request | undefined): Locale {
  return /^en\b/i.test(request?.headers.get('accept-language') ?? '') ? 'en' : 'ko';
}

/** Where a request comes from, as the gateway says; one person's addresses count as one. */
export function addressOf(request: Request): string {
  return (request.headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? '';
}
