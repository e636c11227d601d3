import { type HandlerInput, type identityInternalApi, Problem, tokenClaims } from '@ptsdly/contract';
import { issuers } from '@ptsdly/kit';
import { errors, jwtVerify } from 'jose';
import { API_TOKEN_PREFIX, type ApiTokens } from './api-tokens.ts';
import type { SessionCookie } from './cookie.ts';
import type { SigningKeys } from './keys.ts';
import type { Session, Sessions } from './sessions.ts';

const TOKEN_S = 60;
/** Of a program, which renews it with its refresh token. */
const ACCESS_S = 600;
/** Audiences of media servers: each is one subscriber's, and sees the tokens of whoever knocks at its URL. */
const TENANT = 'server:';

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: string;
  readonly sub: string;
  readonly sid: string;
}

type Demand = HandlerInput<typeof identityInternalApi.issueToken>['body'];

/**
 * Makes the short tokens that the gateway relays: one audience, 60 s, never beyond the session. A token may be
 * exchanged for one of another audience (RFC 8693) while its session lives; that neither prolongs nor widens it. A token that
 * a media server has seen leads nowhere else.
 */
export class Tokens {
  readonly #keys: SigningKeys;
  readonly #sessions: Sessions;
  readonly #apiTokens: ApiTokens;
  readonly #cookie: SessionCookie;

  constructor(keys: SigningKeys, sessions: Sessions, apiTokens: ApiTokens, cookie: SessionCookie) {
    this.#keys = keys;
    this.#sessions = sessions;
    this.#apiTokens = apiTokens;
    this.#cookie = cookie;
  }

  /** Rejects with `unauthenticated`: no valid signature, no such session, or its time is over. */
  async issue({ audience, cookie, subjectToken }: Demand): Promise<IssuedToken> {
    if (subjectToken?.startsWith(API_TOKEN_PREFIX)) return this.#forProgram(subjectToken, audience);
    if (subjectToken !== undefined) return this.#exchange(subjectToken, audience);
    const token = this.#cookie.token(cookie ?? '');
    if (!token) throw new Problem('unauthenticated');
    return this.#sign(await this.#sessions.use(token), audience, '', Number.POSITIVE_INFINITY);
  }

  /** The id of the API token stands for the session: revoking it is heard like a sign-out. */
  async #forProgram(token: string, audience: string): Promise<IssuedToken> {
    const apiToken = await this.#apiTokens.use(token);
    return this.#sign(apiToken, audience, apiToken.scopes, Number.POSITIVE_INFINITY);
  }

  /**
   * The access token of a program that was let in: for the gateway alone, which exchanges it while the program is
   * not signed out. Rejects with `unauthenticated` for who is gone.
   */
  async forProgram(program: Session & { scopes: string }): Promise<{ token: string; seconds: number }> {
    const { token } = await this.#sign(
      program,
      'gateway',
      program.scopes,
      Number.POSITIVE_INFINITY,
      ACCESS_S,
    );
    return { token, seconds: ACCESS_S };
  }

  async #exchange(subjectToken: string, audience: string): Promise<IssuedToken> {
    const payload = await this.#verify(subjectToken);
    if ([payload.aud ?? TENANT].flat().some((seenBy) => seenBy.startsWith(TENANT))) {
      throw new Problem('unauthenticated');
    }
    const claims = tokenClaims.parse(payload);
    const session = await this.#sessions.require(claims);
    return this.#sign(session, audience, claims.scope, payload.exp ?? 0);
  }

  async #verify(token: string) {
    try {
      const options = { issuer: issuers.identity, algorithms: ['EdDSA'], requiredClaims: ['exp', 'sid'] };
      return (await jwtVerify(token, this.#keys.verificationKey, options)).payload;
    } catch (cause) {
      if (cause instanceof errors.JOSEError) throw new Problem('unauthenticated', { cause });
      throw cause;
    }
  }

  /** `notAfter` in seconds since 1970. */
  async #sign(
    session: Session,
    audience: string,
    scope: string,
    notAfter: number,
    seconds = TOKEN_S,
  ): Promise<IssuedToken> {
    const now = Math.floor(Date.now() / 1000);
    const sessionEnd = Math.floor(Date.parse(session.expiresAt) / 1000);
    const exp = Math.min(now + seconds, sessionEnd, notAfter);
    const role = await this.#sessions.roleOf(session.userId);
    const claims = { sub: session.userId, role, scope, sid: session.id };
    const token = await this.#keys.sign({ ...claims, iss: issuers.identity, aud: audience, iat: now, exp });
    return { token, expiresAt: new Date(exp * 1000).toISOString(), sub: session.userId, sid: session.id };
  }
}
