import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { person, Rig } from './testing.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.service.close();
});

interface Answers {
  readonly secret: string;
  readonly recoveryCodes: string[];
}
const codeOf = (secret: string, at = Date.now()) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });

async function switchOn() {
  const owner = await rig.enter();
  const { token } = owner;
  const body = { password: person.password };
  const begun = (await rig.call('/api/me/second-factor', { body, token })).json as unknown as Answers;
  const confirmed = await rig.call('/api/me/second-factor/confirm', {
    body: { code: codeOf(begun.secret) },
    token,
  });
  expect(confirmed.status).toBe(200);
  return { ...owner, secret: begun.secret, codes: (confirmed.json as unknown as Answers).recoveryCodes };
}

/** The first half; the ticket for the second is in a cookie. */
async function halfWay(): Promise<string> {
  const answer = await rig.signIn();
  expect([answer.status, answer.json.code, answer.cookie]).toEqual([401, 'second_factor_required', '']);
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}
const finish = (cookie: string, code: string) =>
  rig.call('/api/auth/sign-in/second-factor', { body: { code }, cookie });
const later = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });

describe('a second factor', () => {
  it('halts a sign-in until a code comes', async () => {
    const { secret, sub } = await switchOn();
    later(60);
    const ticket = await halfWay();
    expect((await finish(ticket, '000000')).json.code).toBe('wrong_code');
    const answer = await finish(ticket, codeOf(secret));
    expect(answer.status).toBe(200);
    expect((await rig.issue({ cookie: answer.cookie })).sub).toBe(sub);
    expect((await finish(ticket, codeOf(secret))).json.code).toBe('token_invalid');
  });

  it('takes a code once', async () => {
    later(0); // the clock stands still: else the next step may begin meanwhile, with another code
    const { secret } = await switchOn();
    expect((await finish(await halfWay(), codeOf(secret))).json.code).toBe('wrong_code');
    later(60);
    const code = codeOf(secret);
    expect((await finish(await halfWay(), code)).status).toBe(200);
    expect((await finish(await halfWay(), code)).json.code).toBe('wrong_code');
  });

  it('takes each recovery code once', async () => {
    const { codes } = await switchOn();
    expect(new Set(codes).size).toBe(10);
    const [code = ''] = codes;
    expect((await finish(await halfWay(), code.toUpperCase().replaceAll('-', ' '))).status).toBe(200);
    expect((await finish(await halfWay(), code)).json.code).toBe('wrong_code');
  });

  it('gives new recovery codes for the password, in the place of the old ones', async () => {
    const { codes, token } = await switchOn();
    const renew = (body: object) => rig.call('/api/me/second-factor/recovery-codes', { body, token });
    expect((await renew({})).json.code).toBe('invalid_credentials');
    const { recoveryCodes } = (await renew({ password: person.password })).json as unknown as Answers;
    expect(recoveryCodes).toHaveLength(10);
    expect((await finish(await halfWay(), codes[0] ?? '')).json.code).toBe('wrong_code');
    expect((await finish(await halfWay(), recoveryCodes[0] ?? '')).status).toBe(200);
    await rig.letter(person.email, /로그인 방법이 바뀌었어요/);
  });

  it('has no recovery codes to renew where it is off', async () => {
    const { token } = await rig.enter();
    const answer = await rig.call('/api/me/second-factor/recovery-codes', {
      body: { password: person.password },
      token,
    });
    expect(answer.json.code).toBe('conflict');
  });

  it('is not guessed', async () => {
    await switchOn();
    const ticket = await halfWay();
    for (let i = 0; i < 5; i++) expect((await finish(ticket, `11111${i}`)).json.code).toBe('wrong_code');
    expect((await finish(ticket, '123456')).json.code).toBe('token_invalid');
    const another = await halfWay();
    for (let i = 0; i < 5; i++) await finish(another, `22222${i}`);
    expect((await finish(await halfWay(), '123456')).json.code).toBe('rate_limited');
  });

  it('says nothing to who has not the password', async () => {
    await switchOn();
    const answer = await rig.signIn({ password: 'a wrong password' });
    expect([answer.json.code, answer.headers.getSetCookie()]).toEqual(['invalid_credentials', []]);
  });

  it('is switched off with the password, and counts only once it is confirmed', async () => {
    const { token } = await switchOn();
    const off = (body: object) => rig.call('/api/me/second-factor', { method: 'DELETE', body, token });
    expect((await off({})).json.code).toBe('invalid_credentials');
    expect((await off({ password: person.password })).status).toBe(204);
    await rig.call('/api/me/second-factor', { body: { password: person.password }, token });
    expect((await rig.signIn()).status).toBe(200);
  });
});
