import { type Logger, newId } from '@ptsdly/kit';
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from 'better-auth';
import type { Kysely } from 'kysely';
import { adapterDatabase } from './adapter-database.ts';
import type { SessionCookie } from './cookie.ts';
import type { Passwords } from './passwords.ts';
import { isPlaceholder } from './providers/owned-email.ts';
import type { Provider } from './providers/provider.ts';
import { overhear } from './refusal.ts';
import type { IdentityTables } from './schema.ts';
import { SESSION_S } from './sessions.ts';

export interface AuthSettings {
  readonly db: Kysely<IdentityTables>;
  /** Origin under which the world reaches us. */
  readonly origin: string;
  readonly secret: string;
  readonly cookie: SessionCookie;
  readonly passwords: Passwords;
  readonly providers: readonly Provider[];
  readonly log: Logger;
  /** Absent where letters reach nobody: nobody has to confirm an address then. */
  readonly letters?: Letters;
}

/** What better-auth has letters written for. */
export interface Letters {
  /** To a new account, or to one that tries to sign in before its address has proved itself. */
  verify(user: { id: string; email: string }, request: Request | undefined): Promise<void>;
  /** To the owner of an address with which somebody signed up again. */
  exists(user: { id: string; email: string }, request: Request | undefined): Promise<void>;
}

/** Where the app shows what went wrong with a sign-in, as `?error=<code>`. */
export const SIGN_IN_PATH = '/app/sign-in';
export const AUTH_PATH = '/api/auth';

/**
 * better-auth as a function from Request to Response. It is only ever called with requests that we build
 * ourselves (`door.ts`), so nothing that it would offer beyond them can be reached.
 */
export function createAuth(settings: AuthSettings): (request: Request) => Promise<Response> {
  return betterAuth(authOptions(settings)).handler;
}

/** The options as data, also for better-auth's schema planner. */
export function authOptions(settings: AuthSettings) {
  const { cookie, origin, passwords, db, letters } = settings;
  return {
    appName: 'PTSD.ly',
    baseURL: origin,
    basePath: AUTH_PATH,
    secrets: [{ version: 1, value: settings.secret }], // the list, because a lone secret yields to the environment
    trustedOrigins: [origin],
    database: adapterDatabase(db),
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 10,
      maxPasswordLength: 200,
      requireEmailVerification: letters !== undefined,
      ...(letters ? { onExistingUserSignUp: ({ user }, request) => letters.exists(user, request) } : {}),
      password: { hash: passwords.hash, verify: passwords.verify },
    },
    ...(letters
      ? {
          emailVerification: {
            sendOnSignUp: true,
            sendOnSignIn: true,
            sendVerificationEmail: ({ user }, request) => letters.verify(user, request),
          },
        }
      : {}),
    plugins: [providerPlugin(settings.providers)],
    account: {
      encryptOAuthTokens: true,
      accountLinking: {
        // Trusted in that an address which they do not vouch for never gets this far (`ownedEmail`). By an address
        // alone nobody is linked to an account that has not proved it either.
        trustedProviders: settings.providers.map(({ id }) => id),
        requireLocalEmailVerified: true,
        allowDifferentEmails: true, // for who links on my page, signed in at both
      },
    },
    session: { expiresIn: SESSION_S, disableSessionRefresh: true }, // `Sessions` prolongs them
    databaseHooks: { user: { create: { before: async (user) => ({ data: tidy(user) }) } } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    onAPIError: { throw: true, errorURL: origin + SIGN_IN_PATH },
    logger: { level: 'error', log: quietly(settings.log) },
    advanced: {
      database: { generateId: () => newId() },
      ipAddress: { disableIpTracking: true },
      disableOriginCheck: false, // better-auth switches it off by itself when it sees a test
      disableCSRFCheck: false,
      useSecureCookies: false, // that prefix would be `__Secure-`; the flag and our prefix are below
      cookiePrefix: cookie.prefix,
      defaultCookieAttributes: { secure: cookie.secure, httpOnly: true, sameSite: 'lax', path: '/' },
      cookies: { session_token: { name: cookie.name } },
    },
  } satisfies BetterAuthOptions;
}

/** Our drivers in the place of better-auth's own, whose addresses are constants and whose Kakao knows no `id_token`. */
function providerPlugin(providers: readonly Provider[]): BetterAuthPlugin {
  return { id: 'ptsdly-providers', init: () => ({ context: { socialProviders: [...providers] } }) };
}

/** What a provider says about a person is text from outside: it is cut, and only a picture under https is kept. */
function tidy<U extends { name: string; email: string; image?: string | null }>(user: U): U {
  const fallback = isPlaceholder(user.email) ? '…' : (user.email.split('@')[0] as string);
  const name = user.name.trim().slice(0, 80) || fallback;
  const image = user.image?.startsWith('https://') && user.image.length <= 2000 ? user.image : null;
  return { ...user, name, image };
}

/** better-auth's words and, of an error, its message: never its details, which carry states and addresses. */
function quietly(log: Logger) {
  return (_level: string, message: string, ...details: unknown[]) => {
    const error = details.find((detail) => detail instanceof Error);
    overhear(error);
    log.warn({ source: 'better-auth', reason: error?.message }, message);
  };
}
