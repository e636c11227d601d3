/**
 * The one error of the product, and its one map to HTTP and back (RFC 9457, problem details).
 *
 * A service throws `new Problem('not_found')`; the kit turns it into `application/problem+json`;
 * a client turns the answer back into the same `Problem`. Whatever else is thrown becomes
 * `internal`: logged whole, shown never.
 */

/** Stable code → HTTP status and the sentence that a person reads. Codes are never renamed. */
export const problems = {
  bad_request: [400, 'The request could not be understood.'],
  authorization_pending: [400, 'Nobody has agreed yet.'],
  slow_down: [400, 'Please ask less often.'],
  access_denied: [400, 'The person has refused.'],
  expired_token: [400, 'The code is over. Please begin again.'],
  invalid_grant: [400, 'This sign-in has ended. Please sign in again.'],
  invalid_json: [400, 'The body is not valid JSON.'],
  unauthenticated: [401, 'Please sign in first.'],
  invalid_credentials: [401, 'The e-mail address or the password is wrong.'],
  passkey_invalid: [401, 'This passkey could not be verified.'],
  second_factor_required: [401, 'Please enter the code of your second factor.'],
  wrong_code: [401, 'The code is wrong or has been used.'],
  fresh_sign_in_required: [401, 'Please sign in again first, to show that it is you.'],
  password_required: [401, 'This link is protected by a password.'],
  wrong_password: [401, 'The password is wrong.'],
  payment_declined: [402, 'The payment was declined.'],
  payment_method_needed: [402, 'Please give a payment method first.'],
  payment_method_refused: [402, 'This payment method could not be set up.'],
  subscription_ended: [402, 'The subscription of this server has ended; its owner can only download.'],
  forbidden: [403, 'You may not do this.'],
  email_not_verified: [403, 'Please confirm your e-mail address first; we have sent you a link.'],
  insufficient_scope: [403, 'This API token was not given the right to do this.'],
  origin_not_allowed: [403, 'The request comes from another site.'],
  grant_invalid: [403, 'This right to play is not valid here, or its time is over.'],
  session_invalid: [403, 'This play session is not valid.'],
  not_open_yet: [403, 'This link is not open yet.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This method is not offered here.'],
  conflict: [409, 'The request conflicts with the present state.'],
  email_taken: [409, 'There is already an account with this e-mail address.'],
  last_sign_in_method: [409, 'This is the only way to sign in to this account. Add another one first.'],
  already_subscribed: [409, 'You already have a subscription.'],
  preview_outdated: [409, 'The price has changed since it was shown. Please look at it again.'],
  alias_taken: [409, 'This address, or one that looks like it, is taken.'],
  name_taken: [409, 'There is already a folder with this name here.'],
  limit_reached: [409, 'There are as many of these as there can be.'],
  not_playable_yet: [409, 'The video cannot be played yet.'],
  not_playable: [409, 'The video cannot be played. It can still be downloaded.'],
  upload_conflict: [409, 'The offset does not match what has arrived.'],
  token_invalid: [410, 'This link is not valid any more. Please ask for a new one.'],
  session_ended: [410, 'This play session has ended.'],
  video_trashed: [410, 'This video has been put away and cannot be played now.'],
  link_revoked: [410, 'The owner has withdrawn this link.'],
  link_expired: [410, 'This link has expired.'],
  link_used_up: [410, 'This link has been used up.'],
  precondition_failed: [412, 'This version of the protocol is not offered here.'],
  body_too_large: [413, 'The body is too large.'],
  quota_exceeded: [413, 'There is not enough room left on this server.'],
  unsupported_media_type: [415, 'This content type is not accepted here.'],
  range_not_satisfiable: [416, 'The range lies outside the file.'],
  host_not_allowed: [421, 'This server does not answer under that name.'],
  invalid_fields: [422, 'Some fields are not valid.'],
  import_refused: [422, 'Another file than before comes from this address.'],
  import_address: [
    422,
    'Only addresses of files by http or https can be fetched, without a password in them.',
  ],
  import_private: [422, 'This address is not open to everybody, so nothing can be fetched from it.'],
  import_no_video: [422, 'This is the address of a page or a list. The address of a video file is needed.'],
  webhook_limit: [409, 'There are ten webhooks already. Remove one first.'],
  webhook_address: [422, 'Messages can only be sent to a public address, by http or https.'],
  link_password_missing: [422, 'This link had a password, and the file cannot hold it. Add one to its row.'],
  subtitles_unreadable: [422, 'These are no subtitles that can be read: SRT, VTT, ASS or SMI are.'],
  alias_not_allowed: [422, 'This address cannot be chosen.'],
  weak_password: [422, 'The password is too weak. Use at least 10 characters.'],
  rate_limited: [429, 'Too many requests. Please wait a moment.'],
  transfer_used_up: [429, 'The monthly transfer of this server is used up.'],
  too_many_viewers: [
    429,
    'As many people are watching as the plan of this server allows. Please try again soon.',
  ],
  taken_down: [451, 'This link has been taken down.'],
  checksum_mismatch: [460, 'The bytes that arrived do not match their checksum.'],
  internal: [500, 'Something went wrong on our side.'],
  format_not_offered: [501, 'This format is not offered.'],
  import_failed: [502, 'The other side did not deliver the file.'],
  import_unreachable: [502, 'There is no such server, or it does not answer.'],
  import_denied: [502, 'The other side does not give the file to everybody, or has it no more.'],
  upstream_failed: [502, 'A part of the service did not answer properly.'],
  provider_unavailable: [503, 'This sign-in provider does not answer right now.'],
  payment_unavailable: [503, 'The payment provider does not answer right now. Nothing was charged twice.'],
  unavailable: [503, 'This is not available right now. Please try again in a moment.'],
  server_not_ready: [503, 'The media server is not ready yet.'],
  upstream_timeout: [504, 'A part of the service took too long to answer.'],
  no_space: [507, 'The disk is full.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof problems;

/** One field that was not accepted: a dotted path and a reason. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Seconds; becomes `Retry-After`. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The JSON of RFC 9457 §3, with our `code`, `requestId` and `errors`. */
export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly requestId?: string;
  readonly errors?: readonly FieldError[];
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;

  constructor(code: ProblemCode, options: ProblemOptions & { requestId?: string } = {}) {
    const [status, title] = problems[code];
    super(`${code}: ${options.detail ?? title}`, { cause: options.cause });
    this.code = code;
    this.status = status;
    this.detail = options.detail ?? title;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.headers = options.headers ?? {};
    this.requestId = options.requestId;
  }

  toJson(requestId?: string): ProblemJson {
    return {
      type: `urn:ptsdly:problem:${this.code}`,
      title: problems[this.code][1],
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(requestId ? { requestId } : {}),
      ...(this.errors ? { errors: this.errors } : {}),
    };
  }

  toResponse(requestId?: string): Response {
    return new Response(JSON.stringify(this.toJson(requestId)), {
      status: this.status,
      headers: this.responseHeaders(),
    });
  }

  responseHeaders(): Record<string, string> {
    return {
      ...this.headers,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(this.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(this.retryAfter)) }),
    };
  }

  /**
   * Whatever was thrown, as a Problem; a full disk is `no_space`, a database that is away `unavailable`, and the unknown
   * is `internal` and keeps its cause for the log.
   */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    if (isFull(thrown)) return new Problem('no_space', { cause: thrown, retryAfter: 60 });
    if (isAway(thrown)) return new Problem('unavailable', { cause: thrown, retryAfter: 2 });
    return new Problem('internal', { cause: thrown });
  }

  /** The Problem that an answer with a status of 400 or more carries. */
  static async fromResponse(response: Response): Promise<Problem> {
    const retryAfter = Number(response.headers.get('retry-after')) || undefined;
    const json: unknown = await response.json().catch(() => undefined);
    if (isProblemJson(json)) {
      const { detail, errors, requestId } = json;
      return new Problem(json.code, { detail, errors, requestId, retryAfter });
    }
    return new Problem(codeForStatus(response.status), { retryAfter });
  }
}

/** A full disk as the system (errno(3)), SQLite (SQLITE_FULL) and MariaDB (ER_DISK_FULL, ER_RECORD_FILE_FULL) say it. */
function isFull(thrown: unknown): boolean {
  const { code, errcode, errno } = (thrown ?? {}) as { code?: unknown; errcode?: unknown; errno?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === 13 || errno === 1021 || errno === 1114;
}

/** What `lib/db` throws, which knows nothing of problems. */
const isAway = (thrown: unknown): boolean =>
  (thrown as { code?: unknown } | null | undefined)?.code === 'DATABASE_UNAVAILABLE';

function isProblemJson(value: unknown): value is ProblemJson {
  const code = (value as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && Object.hasOwn(problems, code);
}

/** For answers that are not ours (a proxy's 502): the first code with this status. */
function codeForStatus(status: number): ProblemCode {
  const codes = Object.keys(problems) as ProblemCode[];
  return codes.find((code) => problems[code][0] === status) ?? (status < 500 ? 'bad_request' : 'internal');
}
