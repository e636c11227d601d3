import type { EventData } from '@ptsdly/contract';
import { openDatabase, readOutbox } from '@ptsdly/db';
import {
  Bell,
  createVerifier,
  Feed,
  issuers,
  type Logger,
  Metrics,
  type Service,
  type ServiceTokens,
} from '@ptsdly/kit';
import { type Kysely, sql } from 'kysely';
import { ApiTokens } from './api-tokens.ts';
import { identityApp } from './app.ts';
import { createAuth } from './auth.ts';
import { SessionCookie } from './cookie.ts';
import { Door } from './door.ts';
import { SigningKeys } from './keys.ts';
import { Passwords } from './passwords.ts';
import { ProviderLinks } from './provider-links.ts';
import { openProviders, type Providers } from './providers/provider.ts';
import { ProviderCalls } from './providers/provider-calls.ts';
import { type IdentityTables, migrations } from './schema.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

const SECRET_LENGTH = 32;
const SWEEP_MS = 3600_000;

export interface IdentityOptions {
  /** `sqlite:<path>` */
  readonly databaseUrl: string;
  /** The public address (`PTSDLY_URL`): absolute URLs, the allowed origin, and whether cookies are Secure. */
  readonly baseUrl: string;
  /** Signs session cookies and seals the signing key; at least 32 characters. */
  readonly secret: string;
  readonly log: Logger;
  readonly tokens: ServiceTokens;
  /** Social sign-in appears for those whose keys are given. */
  readonly providers?: Providers;
}

/** Users, sessions and tokens. Rejects with a plain sentence when the database or the secret does not serve. */
export async function openIdentity(options: IdentityOptions): Promise<Service> {
  if (options.secret.length < SECRET_LENGTH) {
    throw new Error(`the secret of identity must have at least ${SECRET_LENGTH} characters`);
  }
  const db = await openDatabase<IdentityTables>(options.databaseUrl, migrations);
  try {
    const keys = await SigningKeys.open(db, options.secret, options.log);
    return await assemble(db, keys, options);
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function assemble(
  db: Kysely<IdentityTables>,
  keys: SigningKeys,
  options: IdentityOptions,
): Promise<Service> {
  const { secret, log } = options;
  const calls = new ProviderCalls(log);
  const providers = openProviders(options.providers ?? {}, calls);
  const { origin } = new URL(options.baseUrl);
  const bell = new Bell();
  const feed = new Feed(readOutbox<EventData, IdentityTables>(db), bell);
  const cookie = new SessionCookie(origin, secret);
  const passwords = new Passwords();
  const sessions = new Sessions(db, bell);
  const apiTokens = new ApiTokens(db, sessions, bell);
  const tokens = new Tokens(keys, sessions, apiTokens, cookie);
  const users = new Users(db, sessions, passwords, bell);
  const auth = createAuth({ db, origin, secret, cookie, passwords, providers, log });
  const door = new Door({ auth, origin, cookie, sessions, passwords, providers, calls, log });
  const links = new ProviderLinks(db, sessions);

  const app = identityApp(
    { origin, door, users, links, apiTokens, tokens, keys, feed },
    {
      audience: 'identity',
      log,
      metrics: new Metrics('identity'),
      callers: createVerifier(issuers.identity, async () => keys.jwks()),
      services: options.tokens,
      ready: async () => void (await sql`select 1`.execute(db)),
    },
  );
  await sessions.sweep();
  const sweeping = setInterval(() => {
    sessions.sweep().catch((error: unknown) => log.error({ err: error }, 'old sessions were not swept'));
  }, SWEEP_MS).unref();
  return {
    name: 'identity',
    fetch: async (request) => app.fetch(request),
    async close() {
      clearInterval(sweeping);
      feed.close();
      await db.destroy();
    },
  };
}
