import { z } from 'zod';
import { accountApi, adminApi, entryApi } from './account.ts';
import { deviceGrantApi, programApi } from './device-grant.ts';
import { endpoint } from './endpoint.ts';
import { email, idParams, locale, timestamp } from './fields.ts';
import { role } from './role.ts';
import { scope } from './scope.ts';

export const consents = z.object({
  /** Version of the document that was accepted, or null. */
  terms: z.string().max(20).nullable(),
  privacy: z.string().max(20).nullable(),
});

export const me = z.object({
  id: z.string(),
  name: z.string(),
  /** Null where a provider gave none that it vouches for. */
  email: z.string().nullable(),
  isEmailVerified: z.boolean(),
  /** URL reference of my picture. */
  image: z.string().nullable(),
  role,
  locale: locale.nullable(),
  /** `credential`, `google`, `kakao`, … */
  providers: z.array(z.string()),
  consents,
  /** Whether a letter tells me of every sign-in on a new device. */
  signInAlerts: z.boolean(),
  createdAt: timestamp,
});
export type Me = z.infer<typeof me>;

/** A token for programs, as my page lists it; the token itself is shown once, when it is made. */
export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  /** Its first characters. */
  hint: z.string(),
  scopes: z.array(scope),
  createdAt: timestamp,
  expiresAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
export type ApiToken = z.infer<typeof apiToken>;

export const displayName = z.string().trim().min(1).max(80);

/** What the sign-in page needs to know before anybody is signed in. */
export const authOptions = z.object({
  providers: z.array(z.object({ id: z.string(), name: z.string() })),
  documents: z.object({ terms: z.string(), privacy: z.string() }),
  /** Letters reach people: a new address has to be confirmed before the first sign-in. */
  confirmsEmail: z.boolean(),
});

export const identityApi = {
  ...entryApi,
  ...programApi,
  ...deviceGrantApi,
  ...accountApi,
  ...adminApi,
  authOptions: endpoint({
    method: 'GET',
    path: '/api/auth/options',
    access: 'open',
    summary: 'The sign-in providers that are configured, and the current versions of the legal documents',
    response: authOptions,
  }),
  signUp: endpoint({
    method: 'POST',
    path: '/api/auth/sign-up/email',
    access: 'open',
    summary: 'Create an account with e-mail and password; sets the session cookie',
    body: z.object({ name: displayName, email, password: z.string().max(200) }),
    response: z.object({
      /** Null where the address has to be confirmed first, whoever has it. */
      user: z.object({ id: z.string(), name: z.string(), email: z.string() }).nullable(),
    }),
    problems: ['email_taken', 'weak_password', 'invalid_fields', 'rate_limited'],
  }),
  signIn: endpoint({
    method: 'POST',
    path: '/api/auth/sign-in/email',
    access: 'open',
    summary: 'Sign in with e-mail and password; sets the session cookie',
    body: z.object({ email, password: z.string().max(200) }),
    response: z.object({ user: z.object({ id: z.string(), name: z.string(), email: z.string() }) }),
    problems: ['invalid_credentials', 'second_factor_required', 'email_not_verified', 'rate_limited'],
  }),
  signInSocial: endpoint({
    method: 'POST',
    path: '/api/auth/sign-in/social',
    access: 'open',
    summary: 'Begin to sign in with Google or Kakao; answers where to send the browser',
    body: z.object({ provider: z.string().max(40), callbackURL: z.string().max(500).optional() }),
    response: z.object({ url: z.string() }),
    problems: ['not_found', 'bad_request', 'provider_unavailable'],
  }),
  signOut: endpoint({
    method: 'POST',
    path: '/api/auth/sign-out',
    access: 'open',
    summary: 'End the session; takes effect at every service within seconds',
  }),
  me: endpoint({
    method: 'GET',
    path: '/api/me',
    access: 'user',
    scope: 'account:read',
    summary: 'My account',
    response: me,
  }),
  updateMe: endpoint({
    method: 'PATCH',
    path: '/api/me',
    access: 'user',
    summary: 'Change my data',
    body: z.object({
      name: displayName.optional(),
      locale: locale.optional(),
      signInAlerts: z.boolean().optional(),
    }),
    response: me,
    problems: ['invalid_fields'],
  }),
  deleteMe: endpoint({
    method: 'DELETE',
    path: '/api/me',
    access: 'user',
    summary: 'Delete my account; servers, videos and links follow',
    body: z.object({ password: z.string().max(200).optional() }),
    status: 202,
    response: z.object({ receiptUrl: z.string() }),
    problems: ['invalid_credentials', 'fresh_sign_in_required'],
  }),
  putPicture: endpoint({
    method: 'PUT',
    path: '/api/me/picture',
    access: 'user',
    summary: 'My picture (JPEG, PNG, WebP, AVIF or GIF in base64); kept as a square JPEG',
    body: z.object({ image: z.base64().max(11_000_000) }),
    maxBody: 11_100_000,
    response: me,
    problems: ['invalid_fields', 'body_too_large'],
  }),
  deletePicture: endpoint({
    method: 'DELETE',
    path: '/api/me/picture',
    access: 'user',
    summary: 'Take my picture away',
    response: me,
  }),
  putConsents: endpoint({
    method: 'PUT',
    path: '/api/me/consents',
    access: 'user',
    summary: 'Accept the terms and the privacy policy, by version',
    body: z.object({ terms: z.string().max(20), privacy: z.string().max(20) }),
    response: consents,
  }),
  linkProvider: endpoint({
    method: 'POST',
    path: '/api/me/providers',
    access: 'user',
    summary: 'Begin to link a sign-in provider to my account; answers where to send the browser',
    body: z.object({ provider: z.string().max(40) }),
    response: z.object({ url: z.string() }),
    problems: ['not_found', 'provider_unavailable'],
  }),
  unlinkProvider: endpoint({
    method: 'DELETE',
    path: '/api/me/providers/:provider',
    access: 'user',
    summary: 'Take a sign-in provider away, never the last one',
    params: z.object({ provider: z.string().max(40) }),
    /** Of an account that has one. */
    body: z.object({ password: z.string().max(200).optional() }),
    problems: ['not_found', 'invalid_credentials', 'fresh_sign_in_required', 'last_sign_in_method'],
  }),
  listTokens: endpoint({
    method: 'GET',
    path: '/api/me/tokens',
    access: 'user',
    summary: 'My API tokens, newest first',
    response: z.object({ items: z.array(apiToken) }),
  }),
  createToken: endpoint({
    method: 'POST',
    path: '/api/me/tokens',
    access: 'user',
    summary: 'Make an API token; it is shown in this answer and never again',
    body: z.object({
      name: z.string().trim().min(1).max(80),
      scopes: z.array(scope).min(1).max(20),
      expiresInDays: z.int().min(1).max(366).default(90),
    }),
    status: 201,
    response: apiToken.extend({ token: z.string() }),
    problems: ['invalid_fields', 'conflict'],
  }),
  revokeToken: endpoint({
    method: 'DELETE',
    path: '/api/me/tokens/:id',
    access: 'user',
    summary: 'Revoke an API token; it ends at every service within seconds',
    params: idParams,
    problems: ['not_found'],
  }),
} as const;

export const tokenAnswer = z.object({
  token: z.string(),
  expiresAt: timestamp,
  sub: z.string(),
  sid: z.string(),
});

/** Claims of a token that the gateway relays: one audience, 60 seconds. */
export const tokenClaims = z.object({
  sub: z.string(),
  role: z.string(),
  scope: z.string(),
  sid: z.string(),
});
export type TokenClaims = z.infer<typeof tokenClaims>;

export const identityInternalApi = {
  issueToken: endpoint({
    method: 'POST',
    path: '/internal/tokens',
    access: 'internal',
    summary:
      'One short token for one audience, for a session cookie or in exchange for a valid token (RFC 8693)',
    body: z
      .object({
        audience: z.string().max(100),
        /** The value of the session cookie as it came. */
        cookie: z.string().max(1000).optional(),
        /** An API token, or a valid token of identity whatever its audience, to be exchanged. */
        subjectToken: z.string().max(4000).optional(),
      })
      .refine((body) => (body.cookie === undefined) !== (body.subjectToken === undefined)),
    response: tokenAnswer,
    problems: ['unauthenticated'],
  }),
  keys: endpoint({
    method: 'GET',
    path: '/internal/jwks',
    access: 'open',
    summary: 'The public keys of identity (RFC 7517)',
    response: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
} as const;
