import type { EventData } from '@ptsdly/contract';
import { appliedProgress, feedCursor, openDatabase, pruneOutbox, readOutbox } from '@ptsdly/db';
import {
  type Address,
  Bell,
  createVerifier,
  Feed,
  type Follower,
  follow,
  internalPeer,
  issuers,
  type Logger,
  Metrics,
  pruneRegularly,
  type Service,
  type ServiceTokens,
} from '@ptsdly/kit';
import { openRates } from '@ptsdly/kv';
import { type Kysely, sql } from 'kysely';
import { ApiTokens } from './api-tokens.ts';
import { identityApp } from './app.ts';
import { Attempts } from './attempts.ts';
import { createAuth, type Letters } from './auth.ts';
import { Ceremonies } from './ceremonies.ts';
import { SessionCookie } from './cookie.ts';
import { Credentials } from './credentials.ts';
import { DeviceGrants } from './device-grants.ts';
import { Devices } from './devices.ts';
import { Door } from './door.ts';
import { Entry, localeOf } from './entry.ts';
import { KakaoUnlink } from './kakao-unlink.ts';
import { SigningKeys } from './keys.ts';
import { BillingPost } from './mail/billing-post.ts';
import { openMailer } from './mail/open-mailer.ts';
import { Outbox } from './mail/outbox.ts';
import { PostOffice } from './mail/post-office.ts';
import { OAuth } from './oauth.ts';
import { Passkeys } from './passkeys.ts';
import { Passwords } from './passwords.ts';
import { People } from './people.ts';
import { Pictures } from './pictures.ts';
import { Programs } from './programs.ts';
import { ProviderLinks } from './provider-links.ts';
import { openProviders } from './providers/open-providers.ts';
import type { Providers } from './providers/provider.ts';
import { ProviderCalls } from './providers/provider-calls.ts';
import { Reauthentication } from './reauthentication.ts';
import { Receipts } from './receipts.ts';
import { type IdentityTables, migrations } from './schema.ts';
import { Sealing } from './sealing.ts';
import { SecondFactor } from './second-factor.ts';
import { SessionList } from './session-list.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';
import { PasswordRules } from './weak-password.ts';

const SECRET_LENGTH = 32;
const SWEEP_MS = 3600_000;
/** How soon a key that another process has made is known here. */
const KEYS_MS = 30_000;

export interface IdentityOptions {
  /** `sqlite:<path>` */
  readonly databaseUrl: string;
  /** The public address (`PTSDLY_URL`): absolute URLs, the allowed origin, and whether cookies are Secure. */
  readonly baseUrl: string;
  /** Signs session cookies and seals the signing key; at least 32 characters. */
  readonly secret: string;
  readonly log: Logger;
  readonly tokens: ServiceTokens;
  /** Where wrong guesses are counted: `redis://…` for several processes, the memory of this one where not given. */
  readonly ratesUrl?: string;
  /** A mail server, `smtp:` or `smtps:`, and the sender; without one letters are kept for the operator. */
  readonly mail?: { readonly url: string; readonly from: string };
  /** k-anonymity API of breached passwords. */
  readonly breachedPasswordsUrl?: string;
  /** Whose feeds say what they have removed of a deleted account. */
  readonly subscriptions?: Address;
  readonly links?: Address;
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

/** Who must hear of every deleted account, however long they were away. */
const HEARERS = ['subscriptions', 'links'];

async function assemble(
  db: Kysely<IdentityTables>,
  keys: SigningKeys,
  options: IdentityOptions,
): Promise<Service> {
  const { secret, log } = options;
  const { origin } = new URL(options.baseUrl);
  const bell = new Bell();
  const feed = new Feed(readOutbox<EventData, IdentityTables>(db), bell, appliedProgress(db, HEARERS));
  const pruning = pruneRegularly((before) => pruneOutbox(db, before, HEARERS), log);
  const calls = new ProviderCalls(log);
  const providers = openProviders(options.providers ?? {}, calls);
  const mailer = options.mail && (await openMailer(options.mail.url, options.mail.from));
  const post = new PostOffice(db, origin, mailer, log);
  const cookie = new SessionCookie(origin, secret);
  const passwords = new Passwords();
  const rates = await openRates(options.ratesUrl, {
    onChange: (state, err) => log.warn({ err, state }, 'the store of rate limits'),
  });
  const attempts = new Attempts(rates);
  const rules = new PasswordRules(
    options.breachedPasswordsUrl ? { url: options.breachedPasswordsUrl, log } : undefined,
  );
  const sessions = new Sessions(db, bell);
  const apiTokens = new ApiTokens(db, sessions, bell);
  const tokens = new Tokens(keys, sessions, apiTokens, cookie);
  const reauthentication = new Reauthentication(db, sessions, passwords, attempts);
  const receipts = new Receipts(db);
  const users = new Users({ db, sessions, bell, reauthentication, receipts, post });
  const ceremonies = new Ceremonies(db);
  const passkeys = new Passkeys(db, ceremonies, origin);
  const secondFactor = new SecondFactor({
    db,
    attempts,
    sealing: new Sealing(secret, 'ptsdly identity totp'),
  });
  const devices = new Devices(db, cookie, post);
  const waysIn = { db, cookie, sessions, ceremonies, passkeys, passwords, secondFactor, devices, attempts };
  const entry = new Entry(waysIn);
  const programs = new Programs({ db, tokens, bell, secret, log });
  const letters = post.delivers ? { letters: accountLetters(post) } : {};
  const auth = createAuth({ db, origin, secret, cookie, passwords, providers, log, ...letters });
  const confirmsEmail = post.delivers;
  const guards = { passwords, rules, entry, devices, attempts, confirmsEmail };
  const door = new Door({ auth, origin, cookie, sessions, providers, calls, log, ...guards });
  const credentials = new Credentials({ db, bell, post, passwords, rules, reauthentication });
  const deviceGrants = new DeviceGrants({ db, origin, sessions, programs, attempts, devices });
  const parts = {
    ...{ origin, door, users, apiTokens, tokens, keys, feed, entry, passkeys, secondFactor, receipts },
    links: new ProviderLinks(db, sessions),
    ...{ programs, deviceGrants, oauth: new OAuth({ origin, deviceGrants, programs, log }) },
    credentials,
    kakaoUnlink: new KakaoUnlink({
      db,
      bell,
      credentials,
      log,
      adminKey: options.providers?.kakao?.adminKey,
    }),
    reauthentication,
    sessionList: new SessionList(db, sessions, bell),
    pictures: new Pictures(db, sessions),
    outbox: new Outbox(db, sessions),
    people: new People(db, sessions, bell),
  };

  const app = identityApp(parts, {
    audience: 'identity',
    log,
    metrics: new Metrics('identity'),
    callers: createVerifier(issuers.identity, async () => keys.jwks()),
    services: options.tokens,
    ready: async () => void (await sql`select 1`.execute(db)),
  });
  await sessions.sweep();
  const sweeping = setInterval(() => {
    sessions.sweep().catch((error: unknown) => log.error({ err: error }, 'old sessions were not swept'));
  }, SWEEP_MS).unref();
  await keys.maintain();
  const keeping = setInterval(() => {
    keys
      .maintain()
      .catch((error: unknown) => log.error({ err: error }, 'signing keys were not looked after'));
  }, KEYS_MS).unref();
  const followers = followOthers(db, receipts, new BillingPost(db, post), options);
  return {
    name: 'identity',
    fetch: async (request) => app.fetch(request),
    async close() {
      clearInterval(sweeping);
      clearInterval(keeping);
      await Promise.all(followers.map((follower) => follower.close()));
      feed.close();
      await pruning.close();
      await post.close();
      await rates.close();
      await db.destroy();
    },
  };
}

/** What better-auth has letters written for. */
function accountLetters(post: PostOffice): Letters {
  return {
    verify: ({ id, email }, request) =>
      post.post({ kind: 'verify-email', email, userId: id, locale: localeOf(request) }),
    exists: ({ id, email }, request) =>
      post.post({ kind: 'account-exists', email, userId: id, locale: localeOf(request) }),
  };
}

/** Hears from the others what they have removed of a deleted account, and what they want written to whom. */
function followOthers(
  db: Kysely<IdentityTables>,
  receipts: Receipts,
  billing: BillingPost,
  options: IdentityOptions,
): Follower[] {
  const { tokens, log, subscriptions, links } = options;
  return Object.entries({ subscriptions, links }).flatMap(([name, address]) =>
    address === undefined
      ? []
      : follow({
          ...internalPeer(name, address, tokens),
          consumer: 'identity',
          cursor: feedCursor(db, name),
          apply: async (event) => {
            await receipts.apply(event);
            await billing.apply(event);
          },
          log,
        }),
  );
}
