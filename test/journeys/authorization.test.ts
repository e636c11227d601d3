import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  identityApi,
  identityInternalApi,
  libraryApi,
  linksApi,
  linkTransferApi,
  mediaApi,
  reportsApi,
  subscriptionsApi,
  subscriptionsInternalApi,
  webhooksApi,
} from '@ptsdly/contract';
import { createServiceTokens, internalPeer, reach, silentLog } from '@ptsdly/kit';
import { decodeJwt, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Route, routes } from '../../services/gateway/src/route.ts';
import { openIdentity } from '../../services/identity/src/service.ts';
import { Person, until } from '../person.ts';
import { type Product, type ServiceName, startProduct } from '../product.ts';

/**
 * Who may call what: every row of the route table, which is made of the contract, against everybody who might try. A
 * new endpoint is in it by itself; one that names a resource of somebody needs a row below, or the test fails.
 */

const HOUR_MS = 3600_000;
const serviceKey = randomBytes(24).toString('base64url');
const authSecret = randomBytes(24).toString('base64url');
const adminKey = randomBytes(24).toString('base64url');
const tokens = createServiceTokens('test', new TextEncoder().encode(serviceKey));

type Actor =
  | 'nobody'
  | 'other'
  | 'owner'
  | 'support'
  | 'admin'
  | 'revoked'
  | 'expired'
  | 'narrow token'
  | 'alg none'
  | 'key confusion';

interface World {
  readonly cookies: Record<string, string>;
  readonly bearers: Record<string, string>;
  readonly ids: Record<string, string>;
}

let product: Product;
let world: World;

beforeAll(async () => {
  const data = await mkdtemp(join(tmpdir(), 'ptsdly-matrix-'));
  const past = await tokensOfThePast(data);
  product = await startProduct({
    topology: 'every service apart',
    env: {
      PTSDLY_DATA: data,
      PTSDLY_SERVICE_KEY: serviceKey,
      PTSDLY_AUTH_SECRET: authSecret,
      PTSDLY_RATE_FACTOR: '0',
      PTSDLY_KAKAO_CLIENT_ID: 'kakao-app',
      PTSDLY_KAKAO_ADMIN_KEY: adminKey,
    },
  });
  world = await people(past);
}, 120_000);
afterAll(() => product?.stop());

/** A token that was good an hour ago, and accounts with roles, made where the clock can be set. */
async function tokensOfThePast(data: string) {
  const baseUrl = 'http://localhost';
  const identity = await openIdentity({
    databaseUrl: `sqlite:${join(data, 'identity.db')}`,
    baseUrl,
    secret: authSecret,
    log: silentLog,
    tokens,
  });
  const call = async (path: string, method: string, body: object, headers: Record<string, string> = {}) => {
    const init = {
      method,
      body: JSON.stringify(body),
      headers: { ...headers, 'content-type': 'application/json', origin: baseUrl },
    };
    return identity.fetch(new Request(`${baseUrl}${path}`, init));
  };
  const enter = async (name: string) => {
    const email = `${name}@example.test`;
    const answer = await call('/api/auth/sign-up/email', 'POST', {
      name,
      email,
      password: 'correct horse battery',
    });
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('ptsdly='));
    return cookie?.split(';')[0] ?? '';
  };
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - HOUR_MS });
  const cookie = await enter('expired');
  const internal = createClient(identityInternalApi, internalPeer('identity', identity, tokens));
  const { token } = await internal.issueToken({
    body: { audience: 'identity', cookie: cookie.slice('ptsdly='.length) },
  });
  vi.useRealTimers();
  for (const role of ['support', 'admin']) {
    await enter(role);
    const authorization = `Bearer ${await tokens.sign('identity')}`;
    await call('/internal/roles', 'PUT', { email: `${role}@example.test`, role }, { authorization });
  }
  await identity.close();
  return token;
}

const signInAs = async (email: string) => {
  const person = new Person(product.url);
  await person.identity.signIn({ body: { email, password: 'correct horse battery' } });
  return person;
};

async function people(expired: string): Promise<World> {
  const [owner, other, gone] = [new Person(product.url), new Person(product.url), new Person(product.url)];
  for (const person of [owner, other, gone]) await person.signUp();
  const server = await owner.subscribe();
  const created = await owner.fetch(`${server.url}/uploads`, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '10',
      'upload-metadata': `filename ${btoa('a.mp4')}`,
    },
  });
  const videoId = created.headers.get('x-video-id') ?? '';
  const share = () =>
    owner.links.createLink({ body: { serverId: server.id, videoId } }).catch(() => undefined);
  const link = await until(
    share,
    (made) => made !== undefined,
    () => 'no link was made',
  );
  const { id: linkId = '', code = '' } = link ?? {};
  const [subscription] = (await owner.subscriptions.listSubscriptions({})).items;
  const { id: webhookId } = await owner.call(webhooksApi).createWebhook({
    body: { url: 'https://hooks.example.com/ptsdly', events: ['link.opened'] },
  });
  const narrow = await owner.identity.createToken({ body: { name: 'narrow', scopes: ['account:read'] } });
  const [session] = (await owner.identity.listSessions({})).items;
  const admin = await signInAs('admin@example.test');
  const support = await signInAs('support@example.test');
  const revokedCookie = gone.cookie;
  await gone.identity.signOut({});
  const me = await owner.identity.me({});
  const good = await issue(owner.cookie, 'identity');
  return {
    cookies: {
      owner: owner.cookie,
      other: other.cookie,
      admin: admin.cookie,
      support: support.cookie,
      revoked: revokedCookie,
    },
    bearers: { expired, 'narrow token': narrow.token, ...(await forged(good)) },
    ids: {
      ...{
        linkId,
        code,
        videoId,
        serverId: server.id,
        slug: server.slug,
        ownerId: me.id,
        tokenId: narrow.id,
        webhookId,
      },
      ...{ subscriptionId: subscription?.id ?? '', sessionId: session?.id ?? '' },
      uploadId: created.headers.get('location')?.split('/').at(-1) ?? '',
    },
  };
}

async function issue(cookie: string, audience: string): Promise<string> {
  const value = /(?:^|; )ptsdly=([^;]+)/.exec(cookie)?.[1] ?? '';
  const identity = createClient(
    identityInternalApi,
    internalPeer('identity', product.addresses.identity ?? '', tokens),
  );
  return (await identity.issueToken({ body: { audience, cookie: value } })).token;
}

/** RFC 8725 §2.1: a token without a signature, and one signed with the public key as if it were a secret. */
async function forged(good: string): Promise<Record<string, string>> {
  const { keys } = (await (await fetch(`${product.url}/api/auth/jwks`)).json()) as { keys: JWK[] };
  const [jwk] = keys;
  const [, payload] = good.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none', kid: jwk?.kid })).toString('base64url');
  const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const confused = await new SignJWT(decodeJwt(good))
    .setProtectedHeader({ alg: 'HS256', kid: jwk?.kid ?? '' })
    .sign(new TextEncoder().encode(String(pem)));
  return { 'alg none': `${header}.${payload}.`, 'key confusion': confused };
}

/** What of the owner's a path names, by its template. */
const resources: Readonly<Record<string, (ids: World['ids']) => string | undefined>> = {
  '/api/me/tokens/:id': ({ tokenId }) => tokenId,
  '/api/me/sessions/:id': ({ sessionId }) => sessionId,
  '/api/me/passkeys/:id': () => 'no-passkey',
  '/api/me/providers/:provider': () => 'kakao',
  '/api/admin/accounts/:id/role': ({ ownerId }) => ownerId,
  '/api/admin/accounts/:id/sessions': () => 'nobody-at-all',
  '/api/admin/mails/:id': () => 'no-letter',
  '/api/subscriptions/:id': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/preview/:planId': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/resume': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/checkout': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/method': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/pay': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/export': ({ subscriptionId }) => subscriptionId,
  '/api/subscriptions/:id/invoices': ({ subscriptionId }) => subscriptionId,
  '/api/servers/:id': ({ serverId }) => serverId,
  '/api/servers/:id/usage': ({ serverId }) => serverId,
  '/api/servers/:id/events': ({ serverId }) => serverId,
  '/api/servers/:id/timeline': ({ serverId }) => serverId,
  '/api/links/:id': ({ linkId }) => linkId,
  '/api/links/:id/stats': ({ linkId }) => linkId,
  '/api/links/:id/stats/live': ({ linkId }) => linkId,
  '/api/links/:id/stats/export': ({ linkId }) => linkId,
  '/api/webhooks/:id': ({ webhookId }) => webhookId,
  '/api/webhooks/:id/secret': ({ webhookId }) => webhookId,
  '/api/webhooks/:id/test': ({ webhookId }) => webhookId,
  '/api/webhooks/:id/deliveries': ({ webhookId }) => webhookId,
  '/api/webhooks/:id/deliveries/:deliveryId/retry': ({ webhookId }) => webhookId,
};

const methodsOf = ({ methods }: Route) =>
  methods.filter((method) => method !== 'OPTIONS' && method !== 'HEAD');
const guarded = routes
  .filter(({ access }) => access === 'user')
  .flatMap((route) => methodsOf(route).map((method) => ({ route, method, name: `${method} ${route.path}` })));
/** Of a provider, which shows a key that it shares with the operator. */
const KAKAO_UNLINK = '/api/auth/kakao/unlink';
const open = routes
  .filter(({ access, path }) => access === 'open' && path.startsWith('/api/') && path !== KAKAO_UNLINK)
  .flatMap((route) => methodsOf(route).map((method) => ({ route, method, name: `${method} ${route.path}` })));

function pathOf({ path, upstream }: Route): string {
  const { ids } = world;
  const resource = upstream === 'media' ? ids.videoId : resources[path]?.(ids);
  const filled = path
    .replace(':slug', ids.slug ?? '')
    .replace('/uploads/:id', `/uploads/${ids.uploadId}`)
    .replace(':code', ids.code ?? '')
    .replace('/renditions/:name', '/renditions/v360')
    .replace(':name', 'ko.vtt')
    .replace(/:(\w+)/g, () => {
      if (resource === undefined) throw new Error(`${path} names a resource: add it to the table above`);
      return resource;
    });
  return filled.replace('*', 'x');
}

interface Cell {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

/**
 * Calls as somebody. A body that is no JSON keeps whoever is let in from changing anything: who may call is decided
 * first, so the answer tells it.
 */
async function ask(url: string, method: string, headers: Record<string, string>): Promise<Cell> {
  const withBody = ['POST', 'PUT', 'PATCH'].includes(method);
  const type: Record<string, string> = withBody ? { 'content-type': 'text/plain' } : {};
  const init = { method, headers: { ...headers, ...type }, redirect: 'manual' as const };
  const response = await fetch(url, withBody ? { ...init, body: 'x' } : init);
  if (/event-stream/.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    return { status: response.status, code: '', text: '' };
  }
  const text = await response.text();
  const code = /problem/.test(response.headers.get('content-type') ?? '')
    ? (JSON.parse(text).code as string)
    : '';
  return { status: response.status, code, text };
}

function as(actor: Actor): Record<string, string> {
  const cookie = world.cookies[actor];
  if (cookie) return { cookie, origin: product.url };
  const bearer = world.bearers[actor];
  return bearer ? { authorization: `Bearer ${bearer}` } : {};
}

const REFUSED = new Set(['unauthenticated', 'forbidden', 'insufficient_scope']);
/** Would end the sessions that the other cells need. */
const ENDS_SESSIONS = new Set([
  'DELETE /api/me/sessions',
  'DELETE /api/me/sessions/:id',
  'DELETE /api/me/tokens/:id',
]);
const isRead = (method: string) => method === 'GET';

describe.each(guarded)('$name', ({ route, method, name }) => {
  const call = (actor: Actor) => ask(product.url + pathOf(route), method, as(actor));
  const endpoint = [
    identityApi,
    subscriptionsApi,
    linksApi,
    linkTransferApi,
    webhooksApi,
    reportsApi,
    mediaApi,
    libraryApi,
  ]
    .flatMap((api): { method: string; path: string; role?: string; scope?: string }[] => Object.values(api))
    .find(
      (one) => one.method === method && (one.path === route.path || `/m/:slug${one.path}` === route.path),
    );

  test.each(['nobody', 'revoked', 'expired', 'alg none', 'key confusion'] as const)(
    'not for %s',
    async (actor) => {
      expect(await call(actor)).toMatchObject({ status: 401, code: 'unauthenticated' });
    },
  );

  test('not for a token of another audience', async () => {
    const wrong = await issue(world.cookies.owner ?? '', route.upstream === 'links' ? 'identity' : 'links');
    const headers = { authorization: `Bearer ${wrong}` };
    const direct = await askService(route, method, headers);
    expect(direct).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test('not for an API token without its scope', async () => {
    const { status, code } = await call('narrow token');
    if (endpoint?.scope === 'account:read' || name === 'GET /api/me/picture')
      expect(REFUSED).not.toContain(code);
    else expect([status, code]).toEqual([403, 'insufficient_scope']);
  });

  test('another user finds nothing of the owner', async () => {
    const { status, code, text } =
      ENDS_SESSIONS.has(name) && !route.path.includes(':') ? notAsked : await call('other');
    const isOwned = /:(id|slug)/.test(route.path);
    if (endpoint?.role) expect([status, code]).toEqual([403, 'forbidden']);
    else if (isOwned && (isRead(method) || route.upstream === 'media' || method === 'DELETE'))
      expect(status).toBe(404);
    for (const id of ['ownerId', 'serverId', 'linkId', 'videoId']) expect(text).not.toContain(world.ids[id]);
  });

  test.each(['owner', 'support', 'admin'] as const)('as %s', async (actor) => {
    if (ENDS_SESSIONS.has(name) && actor === 'owner') return;
    if (method === 'DELETE' && actor === 'owner' && route.path !== '/api/me') return; // its end would end the others
    const { code } = ENDS_SESSIONS.has(name) ? notAsked : await call(actor);
    const needed = endpoint?.role;
    const isEnough = needed === undefined || actor === 'admin' || needed === actor;
    if (isEnough) expect(REFUSED).not.toContain(code);
    else expect(code).toBe('forbidden');
  });
});

const notAsked: Cell = { status: 404, code: '', text: '' };

describe.each(open)('$name', ({ route, method }) => {
  test.each(['nobody', 'revoked', 'expired'] as const)('for everybody, and %s', async (actor) => {
    const path = route.path.replace(':code', world.ids.code ?? '').replace(/:\w+/g, 'x');
    const { code } = await ask(product.url + path, method, { ...as(actor), origin: product.url });
    expect(REFUSED).not.toContain(code);
  });
});

describe(`POST ${KAKAO_UNLINK}`, () => {
  test.each([
    'nobody',
    'owner',
    'admin',
    'revoked',
    'expired',
    'narrow token',
    'alg none',
    'key confusion',
  ] as const)('not for %s', async (actor) => {
    const refused = { status: 401, code: 'unauthenticated' };
    expect(await ask(product.url + KAKAO_UNLINK, 'POST', as(actor))).toMatchObject(refused);
  });

  test('not for another key, and for the key of the app', async () => {
    const show = (key: string) =>
      ask(product.url + KAKAO_UNLINK, 'POST', { authorization: `KakaoAK ${key}` });
    expect(await show(serviceKey)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await show(adminKey)).toMatchObject({ status: 422, code: 'invalid_fields' }); // let in, with no form
  });
});

test.each([
  'GET /internal/jwks',
  'POST /internal/tokens',
  'GET /internal/events',
  'GET /internal/mails',
  'PUT /internal/roles',
  'POST /internal/keys/rotate',
  'GET /metrics',
  'GET /internal/servers/x',
])('%s does not exist from outside', async (name) => {
  const [method = '', path = ''] = name.split(' ');
  expect((await ask(product.url + path, method, as('admin'))).status).toBe(404);
});

/** Past the gateway, as somebody inside the network would. */
async function askService(route: Route, method: string, headers: Record<string, string>): Promise<Cell> {
  const path = pathOf(route);
  if (route.upstream !== 'media') {
    const address = product.addresses[route.upstream as ServiceName] ?? '';
    return ask(address + path, method, headers);
  }
  const subscriptions = createClient(
    subscriptionsInternalApi,
    internalPeer('subscriptions', product.addresses.subscriptions ?? '', tokens),
  );
  const { address } = await subscriptions.serverById({ params: { id: world.ids.serverId ?? '' } });
  const peer = reach(address ?? '');
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? 'x' : null;
  const response = await peer.fetch(new Request(peer.baseUrl + path, { method, headers, body }));
  const text = await response.text();
  return { status: response.status, code: (JSON.parse(text) as { code: string }).code, text };
}
