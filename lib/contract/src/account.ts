import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { email, idParams, page, pageQuery, timestamp } from './fields.ts';
import { role } from './role.ts';
import { scope } from './scope.ts';

/** Ways in, proofs of who one is, and what an operator may see and do: the rest of identity's contract. */

const newPassword = z.string().max(200);
/** The present password, of an account that has one. */
const password = z.string().max(200).optional();
const token = z.string().max(100);
const signedIn = z.object({ user: z.object({ id: z.string(), name: z.string(), email: z.string() }) });
/** JSON of the WebAuthn API, made and read by the browser and by the library on our side. */
const webAuthn = z.record(z.string(), z.unknown());

export const passkey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
export type Passkey = z.infer<typeof passkey>;

export const signedInDevice = z.object({
  id: z.string(),
  /** `Chrome · Android`, or the name of a program */
  device: z.string(),
  isCurrent: z.boolean(),
  /** What a program that was let in may do; null for a browser. */
  scopes: z.array(scope).nullable(),
  createdAt: timestamp,
  lastSeenAt: timestamp,
});
export type SignedInDevice = z.infer<typeof signedInDevice>;

export const security = z.object({
  hasPassword: z.boolean(),
  hasSecondFactor: z.boolean(),
  recoveryCodesLeft: z.int(),
  passkeys: z.array(passkey),
});
export type Security = z.infer<typeof security>;

const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });

/** What one service has removed with an account. */
export const removed = z.object({
  service: z.enum(['identity', 'subscriptions', 'links']),
  at: timestamp,
  /** Rows or things by their kind: `servers`, `links`, `sessions` … */
  counts: z.record(z.string(), z.int()),
});
export type Removed = z.infer<typeof removed>;

export const receipt = z.object({
  createdAt: timestamp,
  /** True once every service has said what it removed. */
  isComplete: z.boolean(),
  removed: z.array(removed),
});
export type Receipt = z.infer<typeof receipt>;

export const account = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role,
  createdAt: timestamp,
});

export const accountAuditEntry = z.object({
  id: z.string(),
  at: timestamp,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.string(),
});

/** A letter that was kept because no mail server is configured. */
const keptLetter = z.object({
  id: z.string(),
  at: timestamp,
  to: z.string(),
  subject: z.string(),
  text: z.string(),
});

/** For who is not signed in: every proof comes in the body or in a cookie of the ceremony. */
export const entryApi = {
  forgotPassword: endpoint({
    method: 'POST',
    path: '/api/auth/password/forgot',
    access: 'open',
    summary: 'Ask for a letter with a link to a new password; the same answer whoever lives there',
    body: z.object({ email }),
    status: 202,
  }),
  resetPassword: endpoint({
    method: 'POST',
    path: '/api/auth/password/reset',
    access: 'open',
    summary: 'Choose a new password with the token of a letter; every session and API token ends',
    body: z.object({ token, password: newPassword }),
    problems: ['token_invalid', 'weak_password'],
  }),
  confirmEmail: endpoint({
    method: 'POST',
    path: '/api/auth/email/confirm',
    access: 'open',
    summary: 'Prove an e-mail address with the token of a letter',
    body: z.object({ token }),
    response: z.object({ email: z.string() }),
    problems: ['token_invalid', 'email_taken'],
  }),
  signInSecondFactor: endpoint({
    method: 'POST',
    path: '/api/auth/sign-in/second-factor',
    access: 'open',
    summary: 'The second half of a sign-in: a code of the app, or a recovery code',
    body: z.object({ code: z.string().max(40) }),
    response: signedIn,
    problems: ['wrong_code', 'token_invalid', 'rate_limited'],
  }),
  passkeySignInOptions: endpoint({
    method: 'POST',
    path: '/api/auth/passkey/options',
    access: 'open',
    summary: 'Begin to sign in with a passkey (WebAuthn request options)',
    response: z.object({ options: webAuthn }),
  }),
  signInPasskey: endpoint({
    method: 'POST',
    path: '/api/auth/passkey',
    access: 'open',
    summary: 'Sign in with a passkey; sets the session cookie',
    body: z.object({ response: webAuthn }),
    response: signedIn,
    problems: ['passkey_invalid', 'token_invalid'],
  }),
  receipt: endpoint({
    method: 'GET',
    path: '/api/auth/receipts/:secret',
    access: 'open',
    summary: 'What has been removed with a deleted account so far',
    params: z.object({ secret: z.string().max(100) }),
    response: receipt,
    problems: ['not_found'],
  }),
} as const;

export const accountApi = {
  verifyEmail: endpoint({
    method: 'POST',
    path: '/api/me/email/verify',
    access: 'user',
    summary: 'Ask for a letter that proves my e-mail address',
    status: 202,
  }),
  changeEmail: endpoint({
    method: 'POST',
    path: '/api/me/email',
    access: 'user',
    summary: 'Begin to change my e-mail address; it counts once the new one is confirmed',
    body: z.object({ email, password }),
    status: 202,
    problems: ['invalid_credentials', 'fresh_sign_in_required'],
  }),
  changePassword: endpoint({
    method: 'PUT',
    path: '/api/me/password',
    access: 'user',
    summary: 'Change or set my password; all other sessions end',
    body: z.object({ current: password, password: newPassword }),
    problems: ['invalid_credentials', 'fresh_sign_in_required', 'weak_password', 'conflict'],
  }),
  security: endpoint({
    method: 'GET',
    path: '/api/me/security',
    access: 'user',
    summary: 'My passkeys and my second factor',
    response: security,
  }),
  beginSecondFactor: endpoint({
    method: 'POST',
    path: '/api/me/second-factor',
    access: 'user',
    summary: 'Begin with an authenticator app; its first code switches it on',
    body: z.object({ password }),
    response: z.object({ secret: z.string(), uri: z.string() }),
    problems: ['invalid_credentials', 'fresh_sign_in_required', 'conflict'],
  }),
  confirmSecondFactor: endpoint({
    method: 'POST',
    path: '/api/me/second-factor/confirm',
    access: 'user',
    summary: 'Switch the second factor on; answers the recovery codes, this once',
    body: z.object({ code: z.string().max(40) }),
    response: recoveryCodes,
    problems: ['wrong_code', 'rate_limited'],
  }),
  renewRecoveryCodes: endpoint({
    method: 'POST',
    path: '/api/me/second-factor/recovery-codes',
    access: 'user',
    summary: 'New recovery codes in the place of the old ones',
    body: z.object({ password }),
    response: recoveryCodes,
    problems: ['invalid_credentials', 'fresh_sign_in_required', 'conflict'],
  }),
  endSecondFactor: endpoint({
    method: 'DELETE',
    path: '/api/me/second-factor',
    access: 'user',
    summary: 'Switch the second factor off',
    body: z.object({ password }),
    problems: ['invalid_credentials', 'fresh_sign_in_required'],
  }),
  beginPasskey: endpoint({
    method: 'POST',
    path: '/api/me/passkeys/options',
    access: 'user',
    summary: 'Begin to add a passkey (WebAuthn creation options)',
    body: z.object({ password }),
    response: z.object({ options: webAuthn }),
    problems: ['invalid_credentials', 'fresh_sign_in_required', 'conflict'],
  }),
  addPasskey: endpoint({
    method: 'POST',
    path: '/api/me/passkeys',
    access: 'user',
    summary: 'Add the passkey that was made',
    body: z.object({ name: z.string().trim().min(1).max(60), response: webAuthn }),
    status: 201,
    response: passkey,
    problems: ['passkey_invalid', 'token_invalid'],
  }),
  removePasskey: endpoint({
    method: 'DELETE',
    path: '/api/me/passkeys/:id',
    access: 'user',
    summary: 'Take a passkey away, never the last way in',
    params: idParams,
    body: z.object({ password }),
    problems: ['not_found', 'invalid_credentials', 'fresh_sign_in_required', 'last_sign_in_method'],
  }),
  listSessions: endpoint({
    method: 'GET',
    path: '/api/me/sessions',
    access: 'user',
    summary: 'Where I am signed in, newest first',
    response: z.object({ items: z.array(signedInDevice) }),
  }),
  endSession: endpoint({
    method: 'DELETE',
    path: '/api/me/sessions/:id',
    access: 'user',
    summary: 'Sign out one device; takes effect at every service within seconds',
    params: idParams,
    problems: ['not_found'],
  }),
  endOtherSessions: endpoint({
    method: 'DELETE',
    path: '/api/me/sessions',
    access: 'user',
    summary: 'Sign out everywhere else: every other session, program and API token',
  }),
  exportMe: endpoint({
    method: 'GET',
    path: '/api/me/export',
    access: 'user',
    summary: 'All that identity holds of me',
    response: z.record(z.string(), z.unknown()),
  }),
} as const;

/** For support and administrators. Each call that changes something is written to the audit trail. */
export const adminApi = {
  listAccounts: endpoint({
    method: 'GET',
    path: '/api/admin/accounts',
    access: 'user',
    role: 'support',
    summary: 'Accounts, newest first, by the beginning of an e-mail address or an id',
    query: pageQuery.extend({ search: z.string().max(254).optional() }),
    response: page(account),
  }),
  setRole: endpoint({
    method: 'PUT',
    path: '/api/admin/accounts/:id/role',
    access: 'user',
    role: 'admin',
    summary: 'Give an account a role; it has to sign in again',
    params: idParams,
    body: z.object({ role }),
    response: account,
    problems: ['not_found', 'conflict'],
  }),
  signOutAccount: endpoint({
    method: 'DELETE',
    path: '/api/admin/accounts/:id/sessions',
    access: 'user',
    role: 'admin',
    summary: 'End every session and API token of an account',
    params: idParams,
    problems: ['not_found'],
  }),
  listAudit: endpoint({
    method: 'GET',
    path: '/api/admin/audit',
    access: 'user',
    role: 'support',
    summary: 'Privileged acts, newest first',
    query: pageQuery,
    response: page(accountAuditEntry),
  }),
  listMails: endpoint({
    method: 'GET',
    path: '/api/admin/mails',
    access: 'user',
    role: 'admin',
    summary: 'Letters that were kept because no mail server is configured, newest first, without their words',
    query: pageQuery,
    response: page(keptLetter.omit({ text: true })),
  }),
  readMail: endpoint({
    method: 'GET',
    path: '/api/admin/mails/:id',
    access: 'user',
    role: 'admin',
    summary: 'A kept letter; that it was read is written to the audit trail',
    params: idParams,
    response: keptLetter,
    problems: ['not_found'],
  }),
} as const;

/** For the operator of the machine, on a socket that only he can open. */
export const identityOperatorApi = {
  mails: endpoint({
    method: 'GET',
    path: '/internal/mails',
    access: 'internal',
    summary: 'Letters that were kept because no mail server is configured, newest first',
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    response: z.object({
      items: z.array(keptLetter),
    }),
  }),
  rotateKeys: endpoint({
    method: 'POST',
    path: '/internal/keys/rotate',
    access: 'internal',
    summary: 'Make the next signing key; it is published at once, and signs when every service knows it',
    response: z.object({ id: z.string(), signsFrom: timestamp }),
  }),
  appoint: endpoint({
    method: 'PUT',
    path: '/internal/roles',
    access: 'internal',
    summary: 'Give the account with an e-mail address a role: how the first administrator comes to be',
    body: z.object({ email, role }),
    response: account,
    problems: ['not_found'],
  }),
} as const;
