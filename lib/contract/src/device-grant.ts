import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { scope } from './scope.ts';

/**
 * How a program signs in without ever seeing a password: the device authorization grant (RFC 8628), and refresh tokens
 * that are good for one use each (RFC 9700 §4.14.2). Codes of problems are the error codes of those protocols.
 */

const secret = z.string().max(1000);
/** As a person types it: eight letters, however they are spaced. */
const userCode = z.string().max(40);

export const programTokens = z.object({
  /** For `Authorization: Bearer`, as an API token. */
  accessToken: z.string(),
  /** Seconds that it lives. */
  expiresIn: z.int(),
  /** Takes the place of the one that was used, which is good for nothing from now on. */
  refreshToken: z.string(),
  scopes: z.array(scope),
});
export type ProgramTokens = z.infer<typeof programTokens>;

/** What a program asks of a person. */
export const deviceRequest = z.object({
  /** As the program calls itself; nobody vouches for it. */
  name: z.string(),
  scopes: z.array(scope),
});
export type DeviceRequest = z.infer<typeof deviceRequest>;

/** For programs; nobody is signed in. */
export const programApi = {
  beginDeviceGrant: endpoint({
    method: 'POST',
    path: '/api/auth/device',
    access: 'open',
    summary: 'Begin to sign a program in: a code for a person to type on a page (RFC 8628 §3.1)',
    body: z.object({
      name: z.string().trim().min(1).max(80),
      scopes: z.array(scope).min(1).max(20),
    }),
    response: z.object({
      deviceCode: z.string(),
      userCode: z.string(),
      verificationUrl: z.string(),
      /** With the code in it. */
      verificationUrlComplete: z.string(),
      /** Seconds that the codes live. */
      expiresIn: z.int(),
      /** Seconds between two questions. */
      interval: z.int(),
    }),
    problems: ['invalid_fields', 'rate_limited'],
  }),
  redeemDeviceGrant: endpoint({
    method: 'POST',
    path: '/api/auth/device/token',
    access: 'open',
    summary:
      'Ask whether the person has agreed; the first answer after that carries the tokens (RFC 8628 §3.4)',
    body: z.object({ deviceCode: secret }),
    response: programTokens,
    problems: ['authorization_pending', 'slow_down', 'access_denied', 'expired_token'],
  }),
  refreshTokens: endpoint({
    method: 'POST',
    path: '/api/auth/token/refresh',
    access: 'open',
    summary:
      'New tokens for a refresh token, which is used up by it; a used one that comes again ends the sign-in (RFC 6749 §6)',
    body: z.object({ refreshToken: secret }),
    response: programTokens,
    problems: ['invalid_grant'],
  }),
  revokeTokens: endpoint({
    method: 'POST',
    path: '/api/auth/token/revoke',
    access: 'open',
    summary: 'End the sign-in of a program by its refresh token; unknown ones have ended (RFC 7009)',
    body: z.object({ refreshToken: secret }),
  }),
} as const;

/** For the person who agrees, in a session of his own. */
export const deviceGrantApi = {
  findDeviceGrant: endpoint({
    method: 'POST',
    path: '/api/me/device-grants/find',
    access: 'user',
    summary: 'The program behind a code that I was shown, and what it asks for',
    body: z.object({ userCode }),
    response: deviceRequest,
    problems: ['wrong_code', 'rate_limited'],
  }),
  decideDeviceGrant: endpoint({
    method: 'POST',
    path: '/api/me/device-grants/decide',
    access: 'user',
    summary: 'Let the program behind a code into my account, or refuse it',
    body: z.object({ userCode, approve: z.boolean() }),
    problems: ['wrong_code', 'rate_limited', 'limit_reached'],
  }),
} as const;
