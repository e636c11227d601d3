import type { ProgramTokens } from '@ptsdly/contract';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, person, Rig, unauthenticated } from './testing.ts';

let rig: Rig;
let owner: Awaited<ReturnType<Rig['enter']>>;
beforeEach(async () => {
  ({ rig, owner } = await Rig.withOwner());
});
afterEach(() => {
  vi.useRealTimers();
  return rig.service.close();
});

interface Begun {
  readonly deviceCode: string;
  readonly userCode: string;
}
type Answer<T> = { readonly status: number; readonly json: T & { readonly code?: string } };
const post = async <T>(path: string, body: object, token?: string) =>
  (await rig.call(path, { body, ...(token && { token }) })) as unknown as Answer<T>;

const begin = async (body: object = {}) =>
  (await post<Begun>('/api/auth/device', { name: 'laptop', scopes: ['account:read'], ...body })).json;
const decide = (userCode: string, approve = true, token = owner.token) =>
  post('/api/me/device-grants/decide', { userCode, approve }, token);
const redeem = (deviceCode: string) => post<ProgramTokens>('/api/auth/device/token', { deviceCode });
const refresh = (refreshToken: string) => post<ProgramTokens>('/api/auth/token/refresh', { refreshToken });
const refused = (code: string) => ({ status: 400, json: { code } });

async function letIn(body: object = {}): Promise<ProgramTokens> {
  const { deviceCode, userCode } = await begin(body);
  await decide(userCode);
  return (await redeem(deviceCode)).json;
}
const list = async () => (await rig.call('/api/me/sessions', { token: owner.token })).json.items ?? [];
const later = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

describe('a device grant', () => {
  it('lets a program in once somebody has seen what it wants and agreed', async () => {
    const begun = await begin({ scopes: ['videos:write', 'videos:write', 'servers:read'] });
    expect(begun).toMatchObject({
      userCode: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verificationUrl: 'http://localhost:8080/app/device',
      verificationUrlComplete: `http://localhost:8080/app/device?code=${begun.userCode}`,
      expiresIn: 600,
      interval: 2,
    });
    expect(await redeem(begun.deviceCode)).toMatchObject(refused('authorization_pending'));
    const typed = ` ${begun.userCode.toLowerCase().replace('-', ' ')} `;
    const found = await post('/api/me/device-grants/find', { userCode: typed }, owner.token);
    expect(found.json).toEqual({ name: 'laptop', scopes: ['videos:write', 'servers:read'] });
    expect((await decide(typed)).status).toBe(204);
    const { json: tokens } = await redeem(begun.deviceCode);
    expect(tokens).toMatchObject({ expiresIn: 600, scopes: ['videos:write', 'servers:read'] });
    const issued = await rig.issue({ subjectToken: tokens.accessToken }, 'server:7');
    expect(decodeJwt(issued.token)).toMatchObject({
      ...{ aud: 'server:7', sub: owner.sub, scope: 'videos:write servers:read' },
    });
    expect(await redeem(begun.deviceCode)).toMatchObject(refused('expired_token'));
    expect((await list())[0]).toMatchObject({
      ...{ id: issued.sid, device: 'laptop', scopes: ['videos:write', 'servers:read'], isCurrent: false },
    });
  });

  it('is redeemed once by however many ask at the same moment', async () => {
    const { deviceCode, userCode } = await begin();
    await decide(userCode);
    const answers = await Promise.all([1, 2, 3, 4].map(() => redeem(deviceCode)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
    expect((await list()).length).toBe(2);
  });

  it('is refused, and a decision is made once', async () => {
    const { deviceCode, userCode } = await begin();
    expect((await decide(userCode, false)).status).toBe(204);
    expect(await decide(userCode)).toMatchObject({ status: 401, json: { code: 'wrong_code' } });
    expect(await redeem(deviceCode)).toMatchObject(refused('access_denied'));
    expect(await redeem(deviceCode)).toMatchObject(refused('expired_token'));
  });

  it('slows down who asks too often, and ends after ten minutes', async () => {
    const { deviceCode, userCode } = await begin();
    expect(await redeem(deviceCode)).toMatchObject(refused('authorization_pending'));
    const hasty = await rig.call('/api/auth/device/token', { body: { deviceCode } });
    expect([hasty.json.code, hasty.headers.get('retry-after')]).toEqual(['slow_down', '7']);
    later(7000);
    expect(await redeem(deviceCode)).toMatchObject(refused('authorization_pending'));
    later(600_000);
    expect(await redeem(deviceCode)).toMatchObject(refused('expired_token'));
    const { token } = await rig.issue({ cookie: owner.cookie });
    expect((await decide(userCode, true, token)).json.code).toBe('wrong_code');
  });

  it('is not agreed to by a program, and its codes are not guessed', async () => {
    const { accessToken } = await letIn();
    const { token } = await rig.issue({ subjectToken: accessToken });
    const { userCode } = await begin();
    expect((await decide(userCode, true, token)).json.code).toBe('insufficient_scope');
    for (let guess = 0; guess < 10; guess++) expect((await decide('BBBB-BBBB')).json.code).toBe('wrong_code');
    expect((await decide(userCode)).json.code).toBe('rate_limited');
  });

  it('ends with every other session of who has agreed', async () => {
    const { deviceCode, userCode } = await begin();
    await decide(userCode);
    await rig.call('/api/me/sessions', { method: 'DELETE', token: owner.token });
    expect(await redeem(deviceCode)).toMatchObject(refused('expired_token'));
  });

  it('tells the person by letter', async () => {
    await letIn({ name: 'Mina’s laptop' });
    expect((await rig.letter(person.email, /새 기기|sign-in|signed in/i)).text).toContain('Mina’s laptop');
  });

  it.each([
    ['no name', { name: ' ' }],
    ['no scope', { scopes: [] }],
    ['an unknown scope', { scopes: ['everything'] }],
  ])('is not begun with %s', async (_, body) => {
    const asked = { name: 'x', scopes: ['account:read'], ...body };
    expect((await post('/api/auth/device', asked)).status).toBe(422);
  });
});

describe('a refresh token', () => {
  it('is good once: each brings the next', async () => {
    const first = await letIn();
    const { json: second } = await refresh(first.refreshToken);
    const { json: third } = await refresh(second.refreshToken);
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
    for (const { accessToken } of [first, second, third])
      expect((await rig.issue({ subjectToken: accessToken })).sub).toBe(owner.sub);
  });

  it('that comes again ends the whole family, and the feed says so', async () => {
    const first = await letIn();
    const { json: second } = await refresh(first.refreshToken);
    const { json: third } = await refresh(second.refreshToken);
    const { next } = await rig.events();
    expect(await refresh(first.refreshToken)).toMatchObject(refused('invalid_grant'));
    expect(await refresh(third.refreshToken)).toMatchObject(refused('invalid_grant'));
    for (const { accessToken } of [first, second, third])
      await expect(rig.issue({ subjectToken: accessToken })).rejects.toMatchObject(unauthenticated);
    const { sid } = decodeJwt(first.accessToken);
    expect((await rig.events(next)).items.map(({ data }) => data)).toEqual([
      { type: 'session.revoked', sessionId: sid, userId: owner.sub },
    ]);
    expect(await list()).toHaveLength(1);
  });

  it('whose answer was lost brings the same one again for ten seconds, and ends the family after', async () => {
    const first = await letIn();
    const { json: lost } = await refresh(first.refreshToken);
    const { json: again } = await refresh(first.refreshToken);
    expect(again.refreshToken).toBe(lost.refreshToken);
    later(11_000);
    expect(await refresh(first.refreshToken)).toMatchObject(refused('invalid_grant'));
    expect(await refresh(lost.refreshToken)).toMatchObject(refused('invalid_grant'));
  });

  it('renewed by many at once has one successor', async () => {
    const first = await letIn();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => refresh(first.refreshToken)));
    expect(new Set(answers.map(({ json }) => json.refreshToken)).size).toBe(1);
    const successor = answers[0]?.json.refreshToken ?? '';
    expect((await refresh(successor)).status).toBe(200);
  });

  it('ends after thirty days without use, and a year in all', async () => {
    let { refreshToken } = await letIn();
    for (let days = 0; days + 29 < 366; days += 29) {
      later(29 * DAY_MS);
      const answer = await refresh(refreshToken);
      expect(answer.status).toBe(200);
      refreshToken = answer.json.refreshToken;
    }
    later(20 * DAY_MS);
    expect(await refresh(refreshToken)).toMatchObject(refused('invalid_grant'));
    vi.useRealTimers();
    const idle = await letIn();
    later(31 * DAY_MS);
    expect(await refresh(idle.refreshToken)).toMatchObject(refused('invalid_grant'));
  });

  it('is revoked by its program, and by its owner on my page', async () => {
    const first = await letIn();
    const { json: newest } = await refresh(first.refreshToken);
    expect((await post('/api/auth/token/revoke', { refreshToken: newest.refreshToken })).status).toBe(204);
    expect((await post('/api/auth/token/revoke', { refreshToken: newest.refreshToken })).status).toBe(204);
    await expect(rig.issue({ subjectToken: newest.accessToken })).rejects.toMatchObject(unauthenticated);
    const second = await letIn();
    const id = String(decodeJwt(second.accessToken).sid);
    const stranger = await rig.enter({ email: 'other@example.com' });
    const path = `/api/me/sessions/${id}`;
    expect((await rig.call(path, { method: 'DELETE', token: stranger.token })).status).toBe(404);
    expect((await rig.call(path, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expect(await refresh(second.refreshToken)).toMatchObject(refused('invalid_grant'));
  });

  it('ends with sign-out everywhere and with the account', async () => {
    const first = await letIn();
    await rig.call('/api/me/sessions', { method: 'DELETE', token: owner.token });
    expect(await refresh(first.refreshToken)).toMatchObject(refused('invalid_grant'));
    const second = await letIn();
    await rig.call('/api/me', { method: 'DELETE', body: { password: person.password }, token: owner.token });
    expect(await refresh(second.refreshToken)).toMatchObject(refused('invalid_grant'));
    await expect(rig.issue({ subjectToken: second.accessToken })).rejects.toMatchObject(unauthenticated);
  });

  it('is kept as a hash, and anything else in its place is nothing', async () => {
    const { refreshToken, accessToken } = await letIn();
    for (const wrong of ['', 'ptsdlyr_', accessToken, `ptsdlyr_${'A'.repeat(65)}`, `${refreshToken} `])
      expect(await refresh(wrong)).toMatchObject(refused('invalid_grant'));
    await expect(rig.issue({ subjectToken: refreshToken })).rejects.toMatchObject(unauthenticated);
    expect((await refresh(refreshToken)).status).toBe(200);
    const exported = (await rig.call('/api/me/export', { token: owner.token })).text;
    expect(exported).toContain('laptop');
    expect(exported).not.toContain(refreshToken.slice(8, 30));
  });

  it('is for the gateway alone: no service takes the access token itself', async () => {
    const { accessToken } = await letIn();
    expect((await rig.call('/api/me', { token: accessToken })).status).toBe(401);
  });
});
