import { afterEach, describe, expect, it, vi } from 'vitest';
import { person, Rig } from './testing.ts';

const providers = {
  google: { clientId: 'google-app', clientSecret: 'google-secret' },
  kakao: { clientId: 'kakao-app' },
};

const opened: Rig[] = [];
async function open(baseUrl = 'http://localhost:8080') {
  const rig = await Rig.open({ baseUrl, providers });
  opened.push(rig);
  return rig;
}
afterEach(async () => {
  vi.unstubAllGlobals();
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

/** What Kakao says about a person, at its constant addresses. */
function kakaoSays(account: object, id = 4242): void {
  vi.stubGlobal('fetch', async (input: string | URL | Request) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.href === 'https://kauth.kakao.com/oauth/token')
      return Response.json({ access_token: 'a', token_type: 'bearer', expires_in: 60 });
    if (url.href === 'https://kapi.kakao.com/v2/user/me')
      return Response.json({ id, kakao_account: account });
    throw new Error(`no stand-in for ${url.origin}`);
  });
}

const verified = {
  email: person.email,
  is_email_valid: true,
  is_email_verified: true,
  profile: { nickname: '민아', profile_image_url: 'javascript:alert(1)' },
};

async function returnFromKakao(rig: Rig, callbackURL = '/app/servers?new=1#top') {
  const { cookie, state } = await begin(rig, 'kakao', callbackURL);
  return rig.call(`/api/auth/callback/kakao?code=c&state=${state}`, { cookie });
}

describe('beginning', () => {
  it('offers what is configured', async () => {
    expect((await (await open()).call('/api/auth/options')).json).toMatchObject({
      providers: ['google', 'kakao'],
    });
    const none = await Rig.open();
    opened.push(none);
    for (const provider of ['google', 'github', 'constructor', '']) {
      const { answer } = await begin(none, provider);
      expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
    }
  });

  it.each([
    ['google', 'https://accounts.google.com', 'google-app'],
    ['kakao', 'https://kauth.kakao.com', 'kakao-app'],
  ])('leads to %s and back to our own address', async (provider, origin, clientId) => {
    const { answer, url } = await begin(await open('https://ptsd.test'), provider, '/app');
    expect(answer.json).toEqual({ url: url.href });
    expect(url.origin).toBe(origin);
    expect(url.searchParams.get('client_id')).toBe(clientId);
    expect(url.searchParams.get('redirect_uri')).toBe(`https://ptsd.test/api/auth/callback/${provider}`);
    const [line] = answer.headers.getSetCookie();
    expect(line).toMatch(/^__Host-ptsdly\.state=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
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
    kakaoSays(verified);
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
    kakaoSays(verified);
    const rig = await open();
    const { token } = await rig.issue({ cookie: (await returnFromKakao(rig)).cookie });
    expect((await rig.call('/api/me', { method: 'DELETE', token, body: {} })).status).toBe(202);
  });

  it.each([
    ['verified by the provider, not by us', verified],
    ['not verified', { ...verified, is_email_verified: false }],
    ['no longer valid', { ...verified, is_email_valid: false }],
  ])('never links to an account by an e-mail address that is %s', async (_, account) => {
    kakaoSays(account);
    const rig = await open();
    await rig.signUp();
    const answer = await returnFromKakao(rig);
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=account_not_linked');
    expect(answer.cookie).toBe('');
  });

  it('needs an e-mail address', async () => {
    kakaoSays({ profile: { nickname: '민아' } });
    const answer = await returnFromKakao(await open());
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=email_not_found');
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
    kakaoSays(verified);
    const rig = await open();
    const { cookie, state } = await begin(rig, 'kakao');
    const path = `/api/auth/callback/kakao?code=c&state=${state}`;
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
  });

  it('leads to the sign-in page when the provider is away', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed');
    });
    const answer = await returnFromKakao(await open());
    expect(answer.headers.get('location')).toBe('/app/sign-in?error=invalid_code');
  });
});
