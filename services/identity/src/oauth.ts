import { Problem, type ProgramTokens, type Scope, scopes } from '@ptsdly/contract';
import { answerProblem, type Logger, readForm, requestIdOf } from '@ptsdly/kit';
import type { DeviceGrants } from './device-grants.ts';
import type { Programs } from './programs.ts';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const MAX_FORM = 16 * 1024;
/** Printable ASCII (RFC 6749 appendix A.1), as long as the name that a person is shown. */
const CLIENT_ID = /^[\x20-\x7e]{1,80}$/;
const isScope = (name: string): name is Scope => scopes.some((known) => known === name);

/** Codes of ours that are those of the RFCs. */
const SHARED = new Set([
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
  'invalid_grant',
]);

/** An error response of RFC 6749 §5.2, which has codes that nothing else of ours needs. */
class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: string;

  constructor(code: string, description: string) {
    super(description);
    this.code = code;
  }
}

type Form = ReadonlyMap<string, string>;

export interface OAuthParts {
  readonly origin: string;
  readonly deviceGrants: DeviceGrants;
  readonly programs: Programs;
  readonly log: Logger;
}

/**
 * What programs sign in by, in the words of the RFCs (6749, 7009, 8414, 8628) instead of our JSON, so that any library for
 * OAuth will do. There is no register of clients: a `client_id` is the name by which a program is shown to the person who
 * lets it in, and what it was given is good under that name alone.
 */
export class OAuth {
  readonly #parts: OAuthParts;

  constructor(parts: OAuthParts) {
    this.#parts = parts;
  }

  /** Authorization server metadata (RFC 8414 §2). */
  metadata() {
    const { origin } = this.#parts;
    return {
      issuer: origin,
      device_authorization_endpoint: `${origin}/api/auth/device`,
      token_endpoint: `${origin}/api/auth/token`,
      revocation_endpoint: `${origin}/api/auth/token/revoke`,
      grant_types_supported: [DEVICE_CODE, 'refresh_token'],
      response_types_supported: [],
      scopes_supported: scopes,
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
    };
  }

  /** Device authorization request (RFC 8628 §3.1). */
  authorizeDevice(request: Request): Promise<Response> {
    return this.#answer(request, async (form) => {
      const name = clientOf(form);
      const begun = await this.#parts.deviceGrants.begin({ name, scopes: scopesOf(form) });
      return {
        ...{ device_code: begun.deviceCode, user_code: begun.userCode },
        verification_uri: begun.verificationUrl,
        verification_uri_complete: begun.verificationUrlComplete,
        ...{ expires_in: begun.expiresIn, interval: begun.interval },
      };
    });
  }

  /** Token request: of a device (RFC 8628 §3.4), or by a refresh token (RFC 6749 §6). */
  token(request: Request): Promise<Response> {
    return this.#answer(request, async (form) => {
      const { deviceGrants, programs } = this.#parts;
      const grantType = given(form, 'grant_type');
      if (grantType === DEVICE_CODE)
        return shown(await deviceGrants.redeem(given(form, 'device_code'), clientOf(form)));
      if (grantType !== 'refresh_token')
        throw new OAuthError('unsupported_grant_type', 'device_code and refresh_token are offered');
      const name = form.has('client_id') ? clientOf(form) : undefined;
      return shown(await programs.refresh(given(form, 'refresh_token'), name));
    });
  }

  /** Token revocation (RFC 7009 §2.1): what is unknown has ended. */
  revoke(request: Request): Promise<Response> {
    return this.#answer(request, async (form) => {
      const token = given(form, 'token');
      if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token))
        throw new OAuthError('unsupported_token_type', 'an access token ends by itself within ten minutes');
      await this.#parts.programs.revoke(token);
      return undefined;
    });
  }

  async #answer(request: Request, act: (form: Form) => Promise<object | undefined>): Promise<Response> {
    try {
      return json(200, await act(await formOf(request)));
    } catch (error) {
      if (error instanceof OAuthError)
        return json(400, { error: error.code, error_description: error.message });
      const problem = Problem.from(error);
      const { headers } = answerProblem(problem, this.#parts.log, requestIdOf(request));
      const body = { error: codeOf(problem), error_description: problem.detail };
      return json(problem.status, body, headers.get('retry-after'));
    }
  }
}

export const isForm = (request: Request): boolean =>
  /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '');

/** Without what is empty, which counts as left out; nothing may come twice (RFC 6749 §3.2). */
async function formOf(request: Request): Promise<Form> {
  const form = new Map<string, string>();
  for (const [name, value] of await readForm(request, MAX_FORM)) {
    if (form.has(name)) throw new OAuthError('invalid_request', `${name.slice(0, 40)} is given twice`);
    form.set(name, value);
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}

function given(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing`);
  if (value.length > 1000) throw new OAuthError('invalid_request', `${name} is too long`);
  return value;
}

function clientOf(form: Form): string {
  const name = given(form, 'client_id').trim();
  if (!CLIENT_ID.test(name))
    throw new OAuthError('invalid_client', 'client_id is not a name of up to 80 letters');
  return name;
}

function scopesOf(form: Form): Scope[] {
  const asked = (form.get('scope') ?? '').split(' ').filter(Boolean);
  if (asked.length === 0 || !asked.every(isScope))
    throw new OAuthError('invalid_scope', `scope is of: ${scopes.join(' ')}`);
  return asked.filter(isScope);
}

const shown = ({ accessToken, expiresIn, refreshToken, scopes }: ProgramTokens) => ({
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: expiresIn,
  refresh_token: refreshToken,
  scope: scopes.join(' '),
});

function codeOf({ code, status }: Problem): string {
  if (SHARED.has(code)) return code;
  if (status < 500) return 'invalid_request';
  return status === 503 ? 'temporarily_unavailable' : 'server_error';
}

function json(status: number, body: object | undefined, retryAfter: string | null = null): Response {
  const headers = new Headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
  if (retryAfter !== null) headers.set('retry-after', retryAfter);
  if (body === undefined) return new Response(null, { status, headers });
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(body), { status, headers });
}
