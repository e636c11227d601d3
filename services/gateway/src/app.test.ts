import { mediaApi } from '@ptsdly/contract';
import { afterEach, expect, test } from 'vitest';
import { openRig, type Rig, speak } from './testing/rig.ts';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** An identity that knows one session. */
const identity =
  (seen: unknown[] = []) =>
  async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/internal/tokens') {
      const body = (await request.json()) as { cookie?: string; subjectToken?: string; audience: string };
      seen.push(body);
      if (body.cookie !== 'good' && body.subjectToken !== 'good-token') {
        return Response.json({ code: 'unauthenticated' }, { status: 401 });
      }
      const expiresAt = new Date(Date.now() + 60_000).toISOString();
      return Response.json({ token: `token-for-${body.audience}`, expiresAt, sub: 'u1', sid: 's1' });
    }
    const names = ['authorization', 'cookie', 'x-forwarded-for', 'x-user-id', 'x-request-id', 'host'];
    return Response.json(Object.fromEntries(names.map((name) => [name, request.headers.get(name)])));
  };

const problemCode = async (response: Response) => ((await response.json()) as { code: string }).code;

test('a session cookie becomes one token for the one audience, and goes no further', async () => {
  const seen: unknown[] = [];
  rig = await openRig({ identity: identity(seen) });
  const headers = {
    cookie: 'other=1; ptsdly=good',
    'x-forwarded-for': '6.6.6.6',
    'x-request-id': 'forged',
    connection: 'keep-alive, x-user-id',
    'x-user-id': 'admin',
  };
  const { port } = new URL(rig.url);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const answer = await speak(
    rig.url,
    `GET /api/me HTTP/1.1\r\nhost: localhost:${port}\r\n${lines.join('\r\n')}\r\n\r\n`,
    /\}/,
  );
  const body = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
  expect(seen).toEqual([{ audience: 'identity', cookie: 'good' }]);
  expect(body).toMatchObject({
    authorization: 'Bearer token-for-identity',
    cookie: 'ptsdly=good',
    'x-forwarded-for': '127.0.0.1',
    'x-user-id': null,
    host: 'ptsd.test',
  });
  expect(body['x-request-id']).not.toBe('forged');
});

test('other services never see the session cookie, and the relay asks identity once', async () => {
  const seen: unknown[] = [];
  const links = (request: Request) => Response.json({ cookie: request.headers.get('cookie') });
  rig = await openRig({ identity: identity(seen), links });
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${rig.url}/api/links`, {
      headers: { cookie: 'ptsdly=good; ptsdly_viewer=v' },
    });
    expect(await response.json()).toEqual({ cookie: 'ptsdly_viewer=v' });
  }
  expect(seen).toHaveLength(1);
});

test('under https only the cookie that no sibling host can plant counts', async () => {
  const seen: unknown[] = [];
  rig = await openRig({ identity: identity(seen) }, 'https://ptsd.test');
  const me = (cookie: string) => fetch(`${rig?.url}/api/me`, { headers: { cookie } });
  expect((await me('ptsdly=good')).status).toBe(401);
  expect((await me('ptsdly=planted; __Host-ptsdly=good')).status).toBe(200);
  expect(seen).toEqual([{ audience: 'identity', cookie: 'good' }]);
});

test('without a valid credential a user route answers 401, an open one does not ask', async () => {
  rig = await openRig({ identity: identity(), subscriptions: () => Response.json({ items: [] }) });
  const refused = await fetch(`${rig.url}/api/me`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(await problemCode(refused)).toBe('unauthenticated');
  expect((await fetch(`${rig.url}/api/me`, { headers: { cookie: 'ptsdly=bad' } })).status).toBe(401);
  expect((await fetch(`${rig.url}/api/plans`)).status).toBe(200);
});

test('what is not in the table does not exist; what is there names its methods', async () => {
  rig = await openRig({ identity: identity(), links: () => new Response('of links itself') });
  for (const path of [
    '/internal/tokens',
    '/metrics',
    '/metrics?x',
    '/metrics/x',
    '/readyz?x',
    '/api/nothing',
    '/api/auth/update-user',
    '/m/x/internal/y',
  ]) {
    expect((await fetch(rig.url + path)).status, path).toBe(404);
  }
  const wrong = await fetch(`${rig.url}/api/plans`, { method: 'DELETE' });
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get('allow')).toBe('GET');
});

test.each(['//evil/x', '/a/../b', '/a/%2e%2e/b', '/a%2fb', '/a%00b', '/a\\b', 'http://evil/x'])(
  'refuses the ambiguous path %s',
  async (path) => {
    rig = await openRig({});
    const answer = await speak(
      rig.url,
      `GET ${path} HTTP/1.1\r\nhost: ptsd.test\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  },
);

test('an unsafe request of a browser must come from our own pages', async () => {
  rig = await openRig({ identity: identity() });
  const send = (headers: Record<string, string>) =>
    fetch(`${rig?.url}/api/me`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    });
  expect(await problemCode(await send({ cookie: 'ptsdly=good' }))).toBe('origin_not_allowed');
  expect(await problemCode(await send({ cookie: 'ptsdly=good', origin: 'http://evil.test' }))).toBe(
    'origin_not_allowed',
  );
  expect((await send({ cookie: 'ptsdly=good', origin: 'http://ptsd.test' })).status).toBe(200);
  expect((await send({ authorization: 'Bearer good-token' })).status).toBe(200);
});

test('a declared body over the limit is refused before it is read', async () => {
  rig = await openRig({ identity: identity() });
  const response = await fetch(`${rig.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'x'.repeat(100_000) }),
  });
  expect(response.status).toBe(413);
  expect(await problemCode(response)).toBe('body_too_large');
});

test('guessing is limited by address, with Retry-After', async () => {
  rig = await openRig({ identity: () => Response.json({}) });
  const attempt = () => fetch(`${rig?.url}/api/auth/sign-in/email`, { method: 'POST' });
  const statuses = [];
  for (let i = 0; i < 31; i++) statuses.push((await attempt()).status);
  expect(statuses.slice(0, 30).every((status) => status === 200)).toBe(true);
  const limited = await attempt();
  expect(limited.status).toBe(429);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a media server without an address answers 503, an unknown one 404', async () => {
  const subscriptions = (request: Request) =>
    new URL(request.url).pathname.endsWith('/by-slug/waking')
      ? Response.json({ id: 's1', slug: 'waking', ownerId: 'u1', state: 'starting', address: null })
      : Response.json({ code: 'not_found' }, { status: 404 });
  rig = await openRig({ identity: identity(), subscriptions });
  const waking = await fetch(`${rig.url}/m/waking${mediaApi.listVideos.path}`, {
    headers: { cookie: 'ptsdly=good' },
  });
  expect(waking.status).toBe(503);
  expect(waking.headers.get('retry-after')).toBe('2');
  expect((await fetch(`${rig.url}/m/unknown/videos`, { headers: { cookie: 'ptsdly=good' } })).status).toBe(
    404,
  );
});

test('describes itself', async () => {
  rig = await openRig({});
  const document = (await (await fetch(`${rig.url}/api/openapi.json`)).json()) as { paths: object };
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/api/me', '/api/links', '/m/{slug}/videos/{id}/play', '/m/{slug}/uploads/{id}']),
  );
});

test('a page under another name of this machine is sent to the public one', async () => {
  const page = () => new Response('page');
  rig = await openRig({ web: page }, 'http://localhost:8080');
  const open = (host: string) =>
    speak(rig?.url ?? '', `GET /app/me?x=1 HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  expect(await open('127.0.0.1:8080')).toMatch(
    /^HTTP\/1\.1 302 [\s\S]*location: http:\/\/localhost:8080\/app\/me\?x=1\r\n/,
  );
  expect(await open('localhost:8080')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await open('ptsd.example')).toMatch(/^HTTP\/1\.1 421 /);
});

test('answers under our own names only', async () => {
  rig = await openRig({ web: () => new Response('page') });
  const under = (host: string) =>
    speak(rig?.url ?? '', `GET /app HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  expect(await under('evil.test')).toMatch(/^HTTP\/1\.1 421 [\s\S]*host_not_allowed/);
  expect(await under('ptsd.test.evil.test')).toMatch(/^HTTP\/1\.1 421 /);
  expect(await under('PTSD.test')).toMatch(/^HTTP\/1\.1 200 /);
});

test('says what is left of a limit, and counts a user over all addresses', async () => {
  rig = await openRig({ identity: identity() });
  const ask = () => fetch(`${rig?.url}/api/me`, { headers: { authorization: 'Bearer good-token' } });
  const first = await ask();
  expect(first.headers.get('ratelimit-policy')).toBe('"address";q=1200;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"address";r=1199;t=60$/);
});

test('a trace goes on, and a forged one is not believed', async () => {
  const seen: (string | null)[] = [];
  const web = (request: Request) => {
    seen.push(request.headers.get('traceparent'), request.headers.get('tracestate'));
    return new Response('page');
  };
  rig = await openRig({ web });
  const ask = (traceparent: string) =>
    fetch(`${rig?.url}/app`, { headers: { traceparent, tracestate: 'vendor=1' } });
  await ask(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
  await ask('nonsense');
  expect(seen[0]).toMatch(/^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/);
  expect(seen[1]).toBe('vendor=1');
  expect(seen[2]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(seen[3]).toBeNull();
});
