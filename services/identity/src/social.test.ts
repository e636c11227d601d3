import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Providers } from './providers/provider.ts';
import { type KakaoPerson, type KakaoStandIn, mina, openKakao } from './testing/kakao.ts';
import { person, Rig } from './testing.ts';

let kakao: KakaoStandIn;
beforeAll(async () => {
  kakao = await openKakao();
});
afterAll(() => kakao.close());

const opened: Rig[] = [];
async function open(changes: Providers = {}, baseUrl = 'http://localhost:8080') {
  const settings = { clientId: 'kakao-app', issuer: kakao.url, apiUrl: kakao.url };
  const providers = { kakao: { ...settings, ...changes.kakao }, ...changes.google };
  const rig = await Rig.open({ baseUrl, providers });
  opened.push(rig);
  return rig;
}
afterEach(async () => {
  Object.assign(kakao, { person: mina, openId: true, clientSecret: undefined, fault: undefined });
  for (const rig of opened.splice(0)) await rig.service.close();
});

/** Begins, as the sign-in page does: where to go, and the state with its cookie. */
async function begin(rig: Rig, provider: string, callbackURL?: string) {
  const answer = await rig.call('/api/auth/sign-in/social', { body: { provider, callbackURL } });
  const url = new URL(answer.json.url ?? 'about:blank');
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { answer, url, cookie, state: url.searchParams.get('state') ?? '' };
}

const saying = (account: KakaoPerson['account'], id = 4242) => {
  kakao.person = { id, account };
};
const verified = mina.account;

/** The person agrees at Kakao, and the browser comes back. */
async function agree(url: URL, link = 'agree'): Promise<string> {
  const page = await (await fetch(url)).text();
  const href = new RegExp(`id="${link}" href="([^"]+)"`).exec(page)?.[1] ?? '';
  const back = new URL(href.replaceAll('&amp;', '&'));
  return back.pathname + back.search;
}

async function returnFromKakao(rig: Rig, callbackURL = '/app/servers?new=1#top') {
  const { cookie, url } = await begin(rig, 'kakao', callbackURL);
  return rig.call(await agree(url), { cookie });
}

describe('beginning', () => {
  it('offers what is configured', async () => {
    expect((await (await open()).call('/api/auth/options')).json).toMatchObject({
      providers: [{ id: 'kakao', name: 'Kakao' }],
    });
    const none = await Rig.open();
    opened.push(none);
    for (const provider of ['google', 'github', 'constructor', '']) {
      const { answer } = await begin(none, provider);
      expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
    }
  });

  it('leads to the provider with state, nonce and PKCE, and back to our own address', async () => {
    const { answer, url } = await begin(await open({}, 'https://ptsd.test'), 'kakao', '/app');
    expect(answer.json).toEqual({ url: url.href });
    expect(url.origin + url.pathname).toBe(`${kakao.url}/oauth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'kakao-app',
      redirect_uri: 'https://ptsd.test/api/auth/callback/kakao',
      scope: 'openid account_email profile_nickname profile_image',
      state: expect.stringMatching(/^.{20,}$/),
      nonce: expect.stringMatching(/^.{20,}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const [line] = answer.headers.getSetCookie();
    expect(line).toMatch(/^__Host-ptsdly\.state=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  it('says that the provider is away', async () => {
    kakao.fault = 'away';
    const { answer } = await begin(await open(), 'kakao');
    expect([answer.status, answer.json.code]).toEqual([503, 'provider_unavailable']);
  });

  it.each([
    'https://evil.test/',
    'http://localhost:8080.evil.test/',
    'http://localhost:8080/app',
    '//evil.test',
    '/.//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    'javascript:alert(1)',
    'app',
    '',
  ])('does not return to "%s"', async (callbackURL) => {
    const { answer } = await begin(await open(), 'kakao', callbackURL);
    expect([answer.status, answer.json.code]).toEqual([400, 'bad_request']);
  });
});

describe('coming back', () => {
  it('makes an account and a session, and leads to where it began', async () => {
    const rig = await open();
    const answer = await returnFromKakao(rig);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/app/servers?new=1#top']);
    const { token } = await rig.issue({ cookie: answer.cookie });
    expect((await rig.call('/api/me', { token })).json).toMatchObject({
      name: '민아',
      email: person.email,
      image: null,
      providers: ['kakao'],
    });
    const again = await returnFromKakao(rig);
    expect((await rig.issue({ cookie: again.cookie })).sub).toBe(
      (await rig.issue({ cookie: answer.cookie })).sub,
    );
  });

  it('may delete an account that has no password', async () => {
    const rig = await open();
    const { token } = await rig.issue({ cookie: (await returnFromKakao(rig)).cookie });
    expect((await rig.call('/api/me', { method: 'DELETE', token, body: {} })).status).toBe(202);
  });

  it('never links to an account that has not proved its e-mail address', async () => {
    const rig = await open();
    await rig.signUp();
    const answer = await returnFromKakao(rig);
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=account_not_linked');
    expect(answer.cookie).toBe('');
  });

  it.each([
    ['not verified', { ...verified, is_email_verified: false }],
    ['no longer valid', { ...verified, is_email_valid: false }],
  ])('never links to an account by an e-mail address that is %s', async (_, account) => {
    saying(account);
    const rig = await open();
    const owner = await rig.enter();
    const { cookie } = await returnFromKakao(rig);
    expect((await rig.issue({ cookie })).sub).not.toBe(owner.sub);
  });

  it.each([
    ['none', { profile: { nickname: '민아' } }],
    ['an unverified one', { ...verified, is_email_verified: false }],
    ['one that a provider cannot own', { ...verified, email: 'mina@no-email.invalid' }],
  ])('makes an account without an e-mail address from %s', async (_, account) => {
    saying(account);
    const rig = await open();
    const { cookie } = await returnFromKakao(rig);
    const { token, sub } = await rig.issue({ cookie });
    expect((await rig.call('/api/me', { token })).json).toMatchObject({ name: '민아', email: null });
    expect((await rig.issue({ cookie: (await returnFromKakao(rig)).cookie })).sub).toBe(sub);
    expect((await rig.signUp()).status).toBe(200); // the address is its owner's to take
  });

  it.each(['wrong nonce', 'foreign key', 'wrong audience'] as const)(
    'refuses an id_token with a %s',
    async (fault) => {
      kakao.fault = fault;
      const answer = await returnFromKakao(await open());
      expect([answer.headers.get('location'), answer.cookie]).toEqual([
        '/app/sign-in?error=invalid_code',
        '',
      ]);
    },
  );

  it('refuses an id_token of another person than the API knows', async () => {
    kakao.fault = 'wrong sub';
    const answer = await returnFromKakao(await open());
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=provider_misconfigured');
  });

  it('says that OpenID Connect is switched off at Kakao, and does without where it is told to', async () => {
    kakao.openId = false;
    const answer = await returnFromKakao(await open());
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=provider_misconfigured');
    const without = await open({ kakao: { clientId: 'kakao-app', openId: false } });
    expect((await returnFromKakao(without, '/app')).headers.get('location')).toBe('/app');
  });

  it('gives the client secret where there is one', async () => {
    kakao.clientSecret = 's3cret';
    const wrong = await returnFromKakao(await open());
    expect(wrong.headers.get('location')).toBe('/app/sign-in?error=provider_misconfigured');
    const right = await open({ kakao: { clientId: 'kakao-app', clientSecret: 's3cret' } });
    expect((await returnFromKakao(right, '/app')).headers.get('location')).toBe('/app');
  });

  it.each([
    ['access_denied', 'access_denied'],
    ['<b>', 'failed'],
  ])('after a refusal "%s" leads to the sign-in page', async (error, shown) => {
    const rig = await open();
    const { cookie, state } = await begin(rig, 'kakao');
    const query = new URLSearchParams({ error, error_description: 'click https://evil.test', state });
    const answer = await rig.call(`/api/auth/callback/kakao?${query}`, { cookie });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `/app/sign-in?error=${shown}`]);
  });

  it('refuses a state of another browser, an unknown one, and one that was used', async () => {
    const rig = await open();
    const { cookie, url } = await begin(rig, 'kakao');
    const path = await agree(url);
    const before = kakao.tokens;
    const failed = async (call: Promise<{ headers: Headers; cookie: string }>) => {
      const answer = await call;
      expect(answer.headers.get('location')).toMatch(/^\/app\/sign-in\?error=state_\w+$/);
      expect(answer.cookie).toBe('');
    };
    await failed(rig.call('/api/auth/callback/kakao?code=c&state=unknown', { cookie }));
    await failed(rig.call('/api/auth/callback/kakao?code=c', { cookie }));
    await failed(rig.call(path));
    expect((await rig.call(path, { cookie })).headers.get('location')).toBe('/app');
    await failed(rig.call(path, { cookie }));
    expect(kakao.tokens - before).toBe(1);
  });

  it('refuses a code that is not good any more', async () => {
    const rig = await open();
    const { cookie, state } = await begin(rig, 'kakao');
    const answer = await rig.call(`/api/auth/callback/kakao?code=old&state=${state}`, { cookie });
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=invalid_code');
  });

  it('leads to the sign-in page when the provider goes away meanwhile', async () => {
    const rig = await open();
    const { cookie, url } = await begin(rig, 'kakao');
    const path = await agree(url);
    kakao.fault = 'away';
    const answer = await rig.call(path, { cookie });
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=provider_unavailable');
  });
});

describe('linking', () => {
  async function link(rig: Rig, { cookie, token }: { cookie: string; token: string }) {
    const started = await rig.call('/api/me/providers', { body: { provider: 'kakao' }, cookie, token });
    const state = started.headers.getSetCookie().map((line) => line.split(';')[0]);
    const path = await agree(new URL(started.json.url ?? ''));
    return rig.call(path, { cookie: [cookie, ...state].join('; ') });
  }
  const remove = (rig: Rig, provider: string, token: string, { password } = person) =>
    rig.call(`/api/me/providers/${provider}`, { method: 'DELETE', body: { password }, token });

  it('adds a provider with another e-mail address, which then signs in to the same account', async () => {
    saying({ ...verified, email: 'else@example.com' });
    const rig = await open();
    const owner = await rig.enter();
    expect((await link(rig, owner)).headers.get('location')).toBe('/app/me?linked=kakao');
    const me = (await rig.call('/api/me', { token: owner.token })).json;
    expect([me.providers, me.email]).toEqual([['credential', 'kakao'], person.email]);
    expect((await rig.issue({ cookie: (await returnFromKakao(rig)).cookie })).sub).toBe(owner.sub);
  });

  it('refuses a provider that leads to another account', async () => {
    const rig = await open();
    await returnFromKakao(rig);
    const other = await rig.enter({ email: 'other@example.com' });
    const answer = await link(rig, other);
    expect(answer.headers.get('location')).toBe('/app/me?error=account_already_linked_to_different_user');
  });

  it('is undone, but never the last one', async () => {
    const rig = await open();
    const owner = await rig.enter();
    await link(rig, owner);
    const wrong = await remove(rig, 'kakao', owner.token, { ...person, password: 'not that one' });
    expect([wrong.status, wrong.json.code]).toEqual([401, 'invalid_credentials']);
    expect((await remove(rig, 'credential', owner.token)).status).toBe(204);
    const last = await remove(rig, 'kakao', owner.token);
    expect([last.status, last.json.code]).toEqual([409, 'last_sign_in_method']);
    expect((await remove(rig, 'google', owner.token)).json.code).toBe('not_found');
    expect((await rig.signIn()).json.code).toBe('invalid_credentials');
  });
});

describe('the unlink webhook of Kakao', () => {
  const ADMIN_KEY = 'the-admin-key';
  const guarded = () => open({ kakao: { clientId: 'kakao-app', adminKey: ADMIN_KEY } });
  const notify = (rig: Rig, userId: string, key = `KakaoAK ${ADMIN_KEY}`) => {
    const form = { app_id: '1', user_id: userId, referrer_type: 'UNLINK_FROM_APPS' };
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    const raw = new URLSearchParams(form).toString();
    return rig.service.fetch(
      new Request('http://service/api/auth/kakao/unlink', {
        method: 'POST',
        headers: { ...headers, authorization: key },
        body: raw,
      }),
    );
  };
  const enters = (rig: Rig, cookie: string) => rig.issue({ cookie });

  it('ends the sessions of whom it leaves without a way in, and tells them', async () => {
    const rig = await guarded();
    const { cookie } = await returnFromKakao(rig);
    const { sid } = await enters(rig, cookie);
    expect((await notify(rig, '4242')).status).toBe(200);
    await expect(enters(rig, cookie)).rejects.toMatchObject({ code: 'unauthenticated' });
    const revoked = { type: 'session.revoked', sessionId: sid };
    expect((await rig.events()).items.map(({ data }) => data)).toContainEqual(
      expect.objectContaining(revoked),
    );
    expect((await rig.letter('mina@example.com', /로그인 방법/)).text).toContain('카카오');
    expect((await notify(rig, '4242')).status).toBe(200);
  });

  it('leaves a session that another way in leads to', async () => {
    const rig = await guarded();
    const owner = await rig.enter();
    const started = await rig.call('/api/me/providers', { body: { provider: 'kakao' }, ...owner });
    const state = started.headers.getSetCookie().map((line) => line.split(';')[0]);
    await rig.call(await agree(new URL(started.json.url ?? '')), {
      cookie: [owner.cookie, ...state].join('; '),
    });
    expect((await notify(rig, '4242')).status).toBe(200);
    const { token } = await enters(rig, owner.cookie);
    expect((await rig.call('/api/me', { token })).json.providers).toEqual(['credential']);
  });

  it.each([
    ['KakaoAK another-key', 401],
    ['KakaoAK ', 401],
    [`Bearer ${ADMIN_KEY}`, 401],
  ])('is nobody’s who shows "%s"', async (key, status) => {
    const rig = await guarded();
    const { cookie } = await returnFromKakao(rig);
    expect((await notify(rig, '4242', key)).status).toBe(status);
    await enters(rig, cookie);
  });

  it('is not there without a key, and refuses what it cannot read', async () => {
    expect((await notify(await open(), '4242')).status).toBe(404);
    const rig = await guarded();
    expect((await notify(rig, '4242')).status).toBe(200); // of whom we do not know
    expect((await notify(rig, "1' or 1=1")).status).toBe(422);
  });
});
