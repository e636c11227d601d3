import {
  type deviceGrantApi,
  feedApi,
  identityApi,
  identityInternalApi,
  identityOperatorApi,
  Problem,
  type programApi,
} from '@ptsdly/contract';
import { type AppOptions, admit, type Caller, createApp, type Feed, type Handlers, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import {
  type AccountParts,
  accountHandlers,
  adminHandlers,
  entryHandlers,
  pictureHandlers,
} from './account-handlers.ts';
import type { ApiTokens } from './api-tokens.ts';
import type { DeviceGrants } from './device-grants.ts';
import type { Door } from './door.ts';
import { localeOf } from './entry.ts';
import type { KakaoUnlink } from './kakao-unlink.ts';
import type { SigningKeys } from './keys.ts';
import { isForm, type OAuth } from './oauth.ts';
import type { Programs } from './programs.ts';
import type { ProviderLinks } from './provider-links.ts';
import type { Tokens } from './tokens.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface IdentityParts extends AccountParts {
  readonly origin: string;
  readonly door: Door;
  readonly links: ProviderLinks;
  readonly kakaoUnlink: KakaoUnlink;
  readonly programs: Programs;
  readonly deviceGrants: DeviceGrants;
  readonly oauth: OAuth;
  readonly apiTokens: ApiTokens;
  readonly tokens: Tokens;
  readonly keys: SigningKeys;
  readonly feed: Feed;
}

/**
 * The HTTP surface: the contract and `identityRawRoutes`. What is not listed here does not exist, whatever
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
  app.get('/api/me/picture', async (context) =>
    parts.pictures.get((await admit(context.req.raw.headers, 'user', options, 'account:read')) as Caller),
  );
  app.post('/api/auth/kakao/unlink', (context) => parts.kakaoUnlink.receive(context.req.raw));
  mountOAuth(app, parts.oauth);
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
      ...pictureHandlers(parts),
      putConsents: ({ caller, body }) => users.consent(caller, body),
      deleteMe: async ({ caller, body, headers, request }) => {
        const receiptUrl = await users.delete(caller, body.password, localeOf(request));
        headers.append('set-cookie', door.farewell());
        return { receiptUrl };
      },
      ...entryHandlers(parts),
      ...accountHandlers(parts),
      ...adminHandlers(parts),
      ...programHandlers(parts),
      linkProvider: ({ body, ...visit }) => door.link(body, visit),
      unlinkProvider: async ({ caller, params, body }) => {
        await parts.reauthentication.require(caller, body.password);
        return links.unlink(caller, params.provider);
      },
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
  mount(
    app,
    identityOperatorApi,
    {
      mails: async ({ query }) => ({ items: await parts.outbox.kept(query.limit) }),
      rotateKeys: () => keys.rotate(),
      appoint: ({ body }) => parts.people.appoint(body.email, body.role),
    },
    options,
  );
  mount(app, feedApi, { events: ({ query }) => feed.page(query) }, options);
  return app;
}

/** The calls of programs for whoever speaks OAuth, by form; JSON goes on to our own. */
function mountOAuth(app: Hono, oauth: OAuth): void {
  const forms: Readonly<Record<string, (request: Request) => Promise<Response>>> = {
    '/api/auth/device': (request) => oauth.authorizeDevice(request),
    '/api/auth/device/token': (request) => oauth.token(request),
    '/api/auth/token/refresh': (request) => oauth.token(request),
    '/api/auth/token/revoke': (request) => oauth.revoke(request),
  };
  for (const [path, answer] of Object.entries(forms))
    app.post(path, (context, next) => (isForm(context.req.raw) ? answer(context.req.raw) : next()));
  app.post('/api/auth/token', (context) => oauth.token(context.req.raw));
  app.get('/.well-known/oauth-authorization-server', (context) => context.json(oauth.metadata()));
}

function programHandlers({ deviceGrants, programs }: IdentityParts) {
  return {
    beginDeviceGrant: ({ body }) => deviceGrants.begin(body),
    redeemDeviceGrant: ({ body }) => deviceGrants.redeem(body.deviceCode),
    refreshTokens: ({ body }) => programs.refresh(body.refreshToken),
    revokeTokens: ({ body }) => programs.revoke(body.refreshToken),
    findDeviceGrant: ({ caller, body }) => deviceGrants.find(caller, body.userCode),
    decideDeviceGrant: ({ caller, body, request }) =>
      deviceGrants.decide(caller, body.userCode, body.approve, localeOf(request)),
  } satisfies Handlers<typeof programApi & typeof deviceGrantApi>;
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
