import { AsyncLocalStorage } from 'node:async_hooks';
import { Problem, type ProblemCode } from '@ptsdly/contract';

const RETRY_S = 5;

const CODES: Readonly<Record<string, ProblemCode>> = {
  USER_ALREADY_EXISTS: 'email_taken',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'email_taken',
  INVALID_EMAIL_OR_PASSWORD: 'invalid_credentials',
  EMAIL_NOT_VERIFIED: 'email_not_verified',
  PASSWORD_TOO_SHORT: 'weak_password',
  PASSWORD_TOO_LONG: 'weak_password',
  INVALID_EMAIL: 'invalid_fields',
  PROVIDER_NOT_FOUND: 'not_found',
  INVALID_ORIGIN: 'origin_not_allowed',
  MISSING_OR_NULL_ORIGIN: 'origin_not_allowed',
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: 'origin_not_allowed',
  // The database refused; better-auth says so with a status of 400 or so, though nobody but we can mend it.
  FAILED_TO_CREATE_USER: 'unavailable',
  FAILED_TO_CREATE_SESSION: 'unavailable',
};

/** What better-auth tells its log, and leaves out of its answer. */
interface Told {
  error?: unknown;
}
const told = new AsyncLocalStorage<Told>();

/** Notes an error that better-auth logs, for the call in which it happens. */
export function overhear(error: unknown): void {
  const call = told.getStore();
  if (call) call.error ??= error;
}

/** Makes a call of better-auth; its refusal is a rejection with our Problem. */
export function unrefused(call: () => Promise<Response>): Promise<Response> {
  const heard: Told = {};
  return told.run(heard, async () => {
    const response = await call();
    if (response.ok) return response;
    throw await refusal(response, heard.error);
  });
}

/** What better-auth refused (`{message, code}`), as our Problem; its own words stay inside. */
export async function refusal(response: Response, error?: unknown): Promise<Problem> {
  const json: unknown = await response.json().catch(() => undefined);
  const code = (json as { code?: unknown } | null | undefined)?.code;
  const cause = new Error(`better-auth answered ${response.status} ${String(code ?? '')}`);
  const known = typeof code === 'string' ? CODES[code] : undefined;
  if (known === 'unavailable' && Problem.from(error).code === 'no_space') return Problem.from(error);
  const retryAfter = known === 'unavailable' ? RETRY_S : undefined;
  return new Problem(known ?? (response.status < 500 ? 'bad_request' : 'internal'), { cause, retryAfter });
}
