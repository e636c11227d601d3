import { type Listener, listen, reach } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { person, Rig } from './testing.ts';

const opened: Rig[] = [];
const open = async (...options: Parameters<typeof Rig.open>) => {
  const rig = await Rig.open(...options);
  opened.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of opened.splice(0)) await rig.service.close();
});

/** The same behaviour as a function and over a real socket. */
describe.each(['function', 'socket'] as const)('identity as a %s', (transport) => {
  let rig: Rig;
  let listener: Listener | undefined;
  beforeEach(async () => {
    rig = await open();
    if (transport === 'function') return;
    listener = await listen(rig.service, { drainMs: 100 });
    const { fetch, baseUrl } = reach(listener.address);
    rig = rig.over(async (request) => {
      const url = request.url.replace('http://service', baseUrl);
      return fetch(
        new Request(url, { method: request.method, headers: request.headers, body: await body(request) }),
      );
    });
  });
  afterEach(async () => {
    await listener?.close();
    listener = undefined;
  });

  it('signs up, in and out', async () => {
    const up = await rig.signUp();
    expect(up.status).toBe(200);
    expect(up.json).toEqual({ user: { id: expect.any(String), name: 'Mina', email: person.email } });
    const into = await rig.signIn({ email: 'MINA@example.com' });
    expect(into.status).toBe(200);
    expect(into.json.user?.id).toBe(up.json.user?.id);
    expect(into.cookie).not.toBe(up.cookie);
    const out = await rig.signOut(into.cookie);
    expect(out.status).toBe(204);
    expect(out.text).toBe('');
  });

  it('relays a session as a token and ends it', async () => {
    const { cookie, token, sub, sid } = await rig.enter();
    const me = await rig.call('/api/me', { token });
    expect(me.json).toMatchObject({ id: sub, email: person.email, providers: ['credential'], locale: null });
    await rig.signOut(cookie);
    await expect(rig.issue({ cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    const { items } = await rig.events();
    expect(items.map(({ data }) => data)).toEqual([{ type: 'session.revoked', sessionId: sid, userId: sub }]);
  });

  it('refuses what is not JSON, too large or of another type', async () => {
    const path = '/api/auth/sign-in/email';
    const json = { 'content-type': 'application/json' };
    expect((await rig.call(path, { raw: '{"email":', headers: json })).json.code).toBe('invalid_json');
    const large = await rig.call(path, { raw: JSON.stringify({ email: 'x'.repeat(70_000) }), headers: json });
    expect([large.status, large.json.code]).toEqual([413, 'body_too_large']);
    const form = await rig.call(path, {
      raw: 'email=a%40b.cd&password=three+green+lanterns',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([form.status, form.json.code]).toEqual([415, 'unsupported_media_type']);
  });
});

async function body(request: Request): Promise<string | null> {
  return request.body ? await request.text() : null;
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;

describe('sign-up', () => {
  it('keeps the database from nobody while it hashes', async () => {
    const rig = await open();
    const { cookie } = await rig.enter();
    let signing = true;
    const crowd = Array.from({ length: 6 }, (_, i) => rig.signUp({ email: `${i}@example.com` }));
    const all = Promise.all(crowd).finally(() => {
      signing = false;
    });
    let issued = 0;
    for (; signing; issued++) await rig.issue({ cookie });
    expect((await all).map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(issued).toBeGreaterThan(20); // one or two for each sign-up, if they held the connection
  });

  it('refuses a taken e-mail address, however it is written', async () => {
    const rig = await open();
    await rig.signUp();
    const again = await rig.signUp({ email: 'Mina@Example.com', name: 'Another' });
    expect([again.status, again.json.code, again.cookie]).toEqual([409, 'email_taken', '']);
  });

  it('gives one of two at the same moment the address', async () => {
    const rig = await open();
    const answers = await Promise.all([rig.signUp(), rig.signUp({ name: 'Twin' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it.each([
    ['short', 'lantern'],
    ['nine characters of several bytes', '가나다라마바사아자'],
    ['common', 'Password123'],
    ['common in Korean', 'dkssudgktpdy'],
    ['the e-mail address', 'mina@example.com'],
    ['hardly varied', 'aaaaaabbbbbb'],
  ])('refuses a password that is %s', async (_, password) => {
    const answer = await (await open()).signUp({ password });
    expect([answer.status, answer.json.code]).toEqual([422, 'weak_password']);
    expect(answer.json.errors?.[0]?.field).toBe('password');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('names the fields that are not valid', async () => {
    const rig = await open();
    const answer = await rig.call('/api/auth/sign-up/email', {
      body: { name: ' ', email: 'mina', password: 7 },
    });
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_fields']);
    expect(answer.json.errors?.map(({ field }) => field).sort()).toEqual(['email', 'name', 'password']);
  });

  it('takes only the fields of the contract', async () => {
    const rig = await open();
    const body = { ...person, image: 'javascript:alert(1)', emailVerified: true, locale: 'xx', id: 'mine' };
    const { cookie } = await rig.call('/api/auth/sign-up/email', { body });
    const { token } = await rig.issue({ cookie });
    const me = await rig.call('/api/me', { token });
    expect(me.json).toMatchObject({ image: null, locale: null });
    expect(me.json.id).not.toBe('mine');
  });
});

describe('sign-in', () => {
  it('answers an unknown address and a wrong password alike', async () => {
    const rig = await open();
    await rig.signUp();
    const wrong = await rig.signIn({ password: 'three green lampions' });
    const unknown = await rig.signIn({ email: 'nobody@example.com' });
    expect([wrong.status, wrong.json.code]).toEqual([401, 'invalid_credentials']);
    const { requestId: _, ...said } = wrong.json;
    expect(unknown.json).toMatchObject(said);
    expect(wrong.cookie + unknown.cookie).toBe('');
  });

  it('does the same work for both, so that time tells nothing', async () => {
    const rig = await open();
    await rig.signUp();
    const times = { wrong: [] as number[], unknown: [] as number[] };
    for (let round = 0; round < 5; round++) {
      times.wrong.push(await duration(() => rig.signIn({ password: 'three green lampions' })));
      times.unknown.push(await duration(() => rig.signIn({ email: 'nobody@example.com' })));
    }
    const ratio = median(times.unknown) / median(times.wrong);
    expect(ratio).toBeGreaterThan(0.4); // without the work it would be under 0.1
    expect(ratio).toBeLessThan(2.5);
  });

  it('ends the session that the same browser had before', async () => {
    const rig = await open();
    const { cookie } = await rig.enter();
    const { email, password } = person;
    const again = await rig.call('/api/auth/sign-in/email', { body: { email, password }, cookie });
    await expect(rig.issue({ cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(rig.issue({ cookie: again.cookie })).resolves.toBeDefined();
  });
});

describe('the session cookie', () => {
  const flags = (line: string | undefined) => line?.split('; ').slice(1).sort();

  it('is plain under http', async () => {
    const answer = await (await open()).signUp();
    const lines = answer.headers.getSetCookie();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^ptsdly\.device=[\w-]{22}; .*HttpOnly; SameSite=Lax$/);
    expect(lines[0]).toMatch(/^ptsdly=/);
    expect(flags(lines[0])).toEqual(['HttpOnly', 'Max-Age=34560000', 'Path=/', 'SameSite=Lax']);
  });

  it('is bound to the host under https', async () => {
    const rig = await open({ baseUrl: 'https://ptsd.test' });
    const up = await rig.signUp();
    const lines = up.headers.getSetCookie();
    expect(lines[0]).toMatch(/^__Host-ptsdly=/);
    expect(flags(lines[0])).toEqual(['HttpOnly', 'Max-Age=34560000', 'Path=/', 'SameSite=Lax', 'Secure']);
    const out = await rig.signOut(up.cookie);
    expect(out.headers.getSetCookie()).toEqual([
      '__Host-ptsdly=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
    await expect(rig.issue({ cookie: up.cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('never shows its token in a body', async () => {
    const rig = await open();
    const up = await rig.signUp();
    const token = decodeURIComponent(up.cookie.split('=')[1] as string).split('.')[0] as string;
    expect(token.length).toBeGreaterThan(20);
    expect(up.text + (await rig.signIn()).text).not.toContain(token);
  });

  it('ends nothing without our signature', async () => {
    const rig = await open();
    const { cookie } = await rig.enter();
    const forged = cookie.replace(/\.[^.]+$/, `.${encodeURIComponent(Buffer.alloc(32).toString('base64'))}`);
    expect((await rig.signOut(forged)).status).toBe(204);
    await expect(rig.issue({ cookie: forged })).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(rig.issue({ cookie })).resolves.toBeDefined();
    expect((await rig.events()).items).toEqual([]);
  });

  it('serves only requests of our own pages', async () => {
    const rig = await open();
    const { cookie } = await rig.enter();
    const foreign = { headers: { origin: 'https://evil.test' } };
    const out = await rig.call('/api/auth/sign-out', { method: 'POST', cookie, ...foreign });
    expect([out.status, out.json.code]).toEqual([403, 'origin_not_allowed']);
    const into = await rig.call('/api/auth/sign-in/email', { body: person, ...foreign });
    expect([into.status, into.json.code, into.cookie]).toEqual([403, 'origin_not_allowed', '']);
    await expect(rig.issue({ cookie })).resolves.toBeDefined();
  });
});

describe('the allow-list', () => {
  let rig: Rig;
  let cookie: string;
  beforeAll(async () => {
    rig = await Rig.open();
    ({ cookie } = await rig.enter());
  });
  afterAll(() => rig.service.close());

  it.each([
    'GET /api/auth/get-session',
    'GET /api/auth/token',
    'GET /api/auth/ok',
    'GET /api/auth/error',
    'GET /api/auth/list-sessions',
    'GET /api/auth/list-accounts',
    'GET /api/auth/reference',
    'GET /api/auth/admin/list-users',
    'GET /api/auth/reset-password/x',
    'GET /api/auth/verify-email?token=x',
    'GET /api/auth/callback/github',
    'GET /api/auth/callback/google',
    'POST /api/auth/update-user',
    'POST /api/auth/change-email',
    'POST /api/auth/change-password',
    'POST /api/auth/delete-user',
    'POST /api/auth/revoke-sessions',
    'POST /api/auth/link-social',
    'POST /api/auth/request-password-reset',
    'POST /api/auth/admin/set-role',
    'POST /api/auth/sign-up/email/',
    'POST /api/auth//sign-up/email',
    'POST /api/auth/callback/google',
    'GET /api/auth/sign-out',
  ])('has no %s', async (line) => {
    const [method, path] = line.split(' ') as [string, string];
    const answer = await rig.call(path, {
      method,
      cookie,
      ...(method === 'POST' ? { body: { name: 'x' } } : {}),
    });
    expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });
});
