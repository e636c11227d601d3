import { feedApi, identityApi, identityInternalApi, Problem } from '@ptsdly/contract';
import { type AppOptions, createApp, type Feed, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { ApiTokens } from './api-tokens.ts';
import type { Door } from './door.ts';
import type { SigningKeys } from './keys.ts';
import type { ProviderLinks } from './provider-links.ts';
import type { Tokens } from './tokens.ts';
import type { Users } from './users.ts';

/** Where the app shows what has become of a deleted account. */
const RECEIPT_PATH = '/app/me/receipt';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface IdentityParts {
  readonly origin: string;
  readonly door: Door;
  readonly users: Users;
  readonly links: ProviderLinks;
  readonly apiTokens: ApiTokens;
  readonly tokens: Tokens;
  readonly keys: SigningKeys;
  readonly feed: Feed;
}

/**
 * The HTTP surface: the contract and two routes more. What is not listed here does not exist, whatever
 * better-auth would offer.
 */
export function identityApp(parts: IdentityParts, options: AppOptions): Hono {
  const { door, users, links, apiTokens, tokens, keys, feed } = parts;
  const app = createApp(options);

  app.use('/api/*', async (context, next) => {
    refuseOtherSites(context.req.raw, parts.origin);
    await next();
  });
  app.get('/api/auth/jwks', (context) => context.json(keys.jwks()));
  app.get('/api/auth/callback/:provider', (context) =>
    door.callback(context.req.param('provider'), context.req.raw),
  );

  mount(
    app,
    identityApi,
    {
      authOptions: () => door.options(),
      signUp: ({ body, ...visit }) => door.signUp(body, visit),
      signIn: ({ body, ...visit }) => door.signIn(body, visit),
      signInSocial: ({ body, ...visit }) => door.signInSocial(body, visit),
      signOut: async (visit) => {
        await door.signOut(visit);
        return undefined;
      },
      me: ({ caller }) => users.me(caller),
      updateMe: ({ caller, body }) => users.update(caller, body),
      putConsents: ({ caller, body }) => users.consent(caller, body),
      deleteMe: async ({ caller, body, headers }) => {
        await users.delete(caller, body.password);
        headers.append('set-cookie', door.farewell());
        return { receiptUrl: RECEIPT_PATH };
      },
      linkProvider: ({ body, ...visit }) => door.link(body, visit),
      unlinkProvider: ({ caller, params }) => links.unlink(caller, params.provider),
      listTokens: async ({ caller }) => ({ items: await apiTokens.list(caller) }),
      createToken: ({ caller, body }) => apiTokens.create(caller, body),
      revokeToken: async ({ caller, params }) => {
        await apiTokens.revoke(caller, params.id);
        return undefined;
      },
    },
    options,
  );
  mount(
    app,
    identityInternalApi,
    { issueToken: ({ body }) => tokens.issue(body), keys: () => keys.jwks() },
    options,
  );
  mount(app, feedApi, { events: ({ query }) => feed.page(query) }, options);
  return app;
}

/**
 * What a browser may send with a cookie must come from our own pages. The gateway has looked already; identity
 * does not rely on it, because it is the one that reads the cookie.
 */
function refuseOtherSites(request: Request, origin: string): void {
  if (SAFE_METHODS.has(request.method)) return;
  const from = request.headers.get('origin');
  const browser = from !== null || request.headers.has('cookie');
  if (browser && from !== origin) throw new Problem('origin_not_allowed');
}
