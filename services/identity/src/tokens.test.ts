import { createServiceTokens, createVerifier, issuers, verifyCaller } from '@ptsdly/kit';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, Rig, serviceKey, unauthenticated } from './testing.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.service.close();
});

const passTime = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

describe('a token for a session cookie', () => {
  it('names one audience and nothing but the contract’s claims, for 60 s', async () => {
    const { cookie } = await rig.enter();
    const answer = await rig.issue({ cookie }, 'server:0193');
    const { iat = 0, exp = 0, ...claims } = decodeJwt(answer.token);
    expect(claims).toEqual({
      iss: 'ptsdly:identity',
      aud: 'server:0193',
      sub: answer.sub,
      sid: answer.sid,
      role: 'user',
      scope: '',
    });
    expect(exp - iat).toBe(60);
    expect(answer.expiresAt).toBe(new Date(exp * 1000).toISOString());
    expect(decodeProtectedHeader(answer.token)).toMatchObject({ alg: 'EdDSA', kid: expect.any(String) });
  });

  it('is verified with the published keys, by its audience only', async () => {
    const { cookie } = await rig.enter();
    const { token, sub, sid } = await rig.issue({ cookie }, 'links');
    const verifier = createVerifier(issuers.identity, async () => {
      const { json } = await rig.call('/internal/jwks');
      return { keys: json.keys ?? [] };
    });
    expect(await verifyCaller(verifier, token, 'links')).toEqual({ sub, sid, role: 'user', scope: '' });
    await expect(verifyCaller(verifier, token, 'identity')).rejects.toMatchObject(unauthenticated);
    const published = (await rig.call('/api/auth/jwks')).json;
    expect(published).toEqual((await rig.call('/internal/jwks')).json);
    expect(JSON.stringify(published)).not.toContain('"d"');
  });

  it.each(['', 'x', 'x.y', '%E0%A4%A', '.'])('is refused for the cookie "%s"', async (value) => {
    await expect(rig.issue({ cookie: `ptsdly=${value}` })).rejects.toMatchObject(unauthenticated);
  });

  it('is refused for the cookie of another installation', async () => {
    const other = await Rig.open({ secret: 'a quite different secret of enough characters' });
    const { cookie } = await other.enter();
    await other.service.close();
    await expect(rig.issue({ cookie })).rejects.toMatchObject(unauthenticated);
  });

  it('needs a service token', async () => {
    const { cookie } = await rig.enter();
    const body = { audience: 'links', cookie: cookie.slice('ptsdly='.length) };
    const none = await rig.call('/internal/tokens', { body });
    expect([none.status, none.json.code]).toEqual([403, 'forbidden']);
    const stranger = createServiceTokens('gateway', new TextEncoder().encode('z'.repeat(32)));
    const token = await stranger.sign('identity');
    expect((await rig.call('/internal/tokens', { body, token })).status).toBe(403);
    const elsewhere = await createServiceTokens('gateway', serviceKey).sign('links');
    expect((await rig.call('/internal/tokens', { body, token: elsewhere })).status).toBe(403);
  });

  it('takes exactly one credential', async () => {
    const signed = await createServiceTokens('gateway', serviceKey).sign('identity');
    const both = { audience: 'links', cookie: 'x', subjectToken: 'y' };
    const answers = [both, { audience: 'links' }].map((body) =>
      rig.call('/internal/tokens', { body, token: signed }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([422, 422]);
  });
});

describe('the life of a session', () => {
  it('is prolonged by use, at most once a day', async () => {
    const { cookie, sid } = await rig.enter();
    for (let day = 0; day < 4; day++) {
      passTime(20 * DAY_MS);
      expect((await rig.issue({ cookie })).sid).toBe(sid);
    }
  });

  it('ends after 30 days without use', async () => {
    const { cookie } = await rig.enter();
    passTime(30 * DAY_MS + 1000);
    await expect(rig.issue({ cookie })).rejects.toMatchObject(unauthenticated);
  });
});

describe('an exchange', () => {
  it('leads to another audience of the same session and never prolongs', async () => {
    const first = await rig.enter();
    passTime(20_000);
    const second = await rig.issue({ subjectToken: first.token }, 'server:7');
    expect(decodeJwt(second.token)).toMatchObject({ aud: 'server:7', sub: first.sub, sid: first.sid });
    expect(second.expiresAt).toBe(first.expiresAt);
    passTime(41_000);
    await expect(rig.issue({ subjectToken: first.token })).rejects.toMatchObject(unauthenticated);
  });

  it('is refused to a media server, which sees the tokens of everybody who comes by', async () => {
    const { cookie } = await rig.enter();
    const { token: subjectToken } = await rig.issue({ cookie }, 'server:of-somebody-else');
    for (const audience of ['identity', 'links', 'subscriptions', 'server:mine'])
      await expect(rig.issue({ subjectToken }, audience)).rejects.toMatchObject(unauthenticated);
  });

  it('is refused once the session has ended', async () => {
    const { cookie, token } = await rig.enter();
    await rig.signOut(cookie);
    await expect(rig.issue({ subjectToken: token })).rejects.toMatchObject(unauthenticated);
  });

  it('takes no token of another key, issuer or algorithm', async () => {
    const { token, sub, sid } = await rig.enter();
    const { kid } = decodeProtectedHeader(token);
    const claims = () =>
      new SignJWT({ sid, role: 'user', scope: '' })
        .setSubject(sub)
        .setIssuer(issuers.identity)
        .setAudience('identity')
        .setExpirationTime('60s');
    const { privateKey } = await generateKeyPair('EdDSA');
    const foreign = await claims().setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey);
    const hmac = await claims()
      .setProtectedHeader({ alg: 'HS256', kid })
      .sign(new TextEncoder().encode('k'.repeat(32)));
    const [, payload] = token.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const subjectToken of [foreign, hmac, none, 'x', `${token}x`])
      await expect(rig.issue({ subjectToken })).rejects.toMatchObject(unauthenticated);
  });
});
