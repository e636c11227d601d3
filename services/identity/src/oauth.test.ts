import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rig } from './testing.ts';

let rig: Rig;
let owner: Awaited<ReturnType<Rig['enter']>>;
beforeEach(async () => {
  rig = await Rig.open();
  owner = await rig.enter();
});
afterEach(() => rig.service.close());

/** Somebody else's library, which knows nothing of us but our address. */
const discover = (clientId: string) =>
  client.discovery(new URL(rig.baseUrl), clientId, undefined, client.None(), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: async (url, { body, headers, method }) =>
      rig.service.fetch(new Request(url, { body: body ? String(body) : null, headers, method })),
  });

const decide = (userCode: string, approve = true) =>
  rig.call('/api/me/device-grants/decide', { body: { userCode, approve }, token: owner.token });

/** A form, as it is written by hand. */
const send = async (path: string, form: string, headers: Record<string, string> = {}) => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await rig.call(path, { raw: form, headers: { ...type, ...headers } });
  const { error } = (answer.text === '' ? {} : JSON.parse(answer.text)) as { error?: string };
  return { ...answer, error };
};
const DEVICE = 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code';

describe('a library for OAuth', () => {
  it('finds us, lets a device in, renews its tokens and revokes them', async () => {
    const config = await discover('My TV');
    const begun = await client.initiateDeviceAuthorization(config, { scope: 'servers:read videos:write' });
    expect(begun.verification_uri_complete).toBe(`${begun.verification_uri}?code=${begun.user_code}`);
    await decide(begun.user_code);
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.01 });
    expect(tokens).toMatchObject({
      token_type: 'bearer',
      expires_in: 600,
      scope: 'servers:read videos:write',
    });
    const issued = await rig.issue({ subjectToken: tokens.access_token }, 'server:7');
    expect(decodeJwt(issued.token)).toMatchObject({ sub: owner.sub, scope: 'servers:read videos:write' });
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    await client.tokenRevocation(config, next.refresh_token ?? '');
    await expect(client.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(rig.issue({ subjectToken: next.access_token })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('is told that the person has refused, and that a device asks too often', async () => {
    const config = await discover('My TV');
    const begun = await client.initiateDeviceAuthorization(config, { scope: 'servers:read' });
    const ask = () => send('/api/auth/token', `${DEVICE}&client_id=My+TV&device_code=${begun.device_code}`);
    expect(await ask()).toMatchObject({ status: 400, error: 'authorization_pending' });
    const hasty = await ask();
    expect([hasty.error, hasty.headers.get('retry-after')]).toEqual(['slow_down', '7']);
    await decide(begun.user_code, false);
    await expect(
      client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.01 }),
    ).rejects.toMatchObject({ error: 'access_denied' });
  });

  it('of another client gets nothing for what was given to this one', async () => {
    const config = await discover('My TV');
    const begun = await client.initiateDeviceAuthorization(config, { scope: 'servers:read' });
    await decide(begun.user_code);
    const other = await discover('Another');
    const refused = { error: 'invalid_grant' };
    const polled = client.pollDeviceAuthorizationGrant(other, { ...begun, interval: 0.01 });
    await expect(polled).rejects.toMatchObject(refused);
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.01 });
    const refreshed = client.refreshTokenGrant(other, tokens.refresh_token ?? '');
    await expect(refreshed).rejects.toMatchObject(refused);
    expect((await client.refreshTokenGrant(config, tokens.refresh_token ?? '')).scope).toBe('servers:read');
  });
});

describe('a form', () => {
  it.each([
    ['no grant', '/api/auth/token', 'client_id=x', 'invalid_request'],
    [
      'another grant',
      '/api/auth/token',
      'grant_type=password&username=a&password=b',
      'unsupported_grant_type',
    ],
    ['a field twice', '/api/auth/token', `${DEVICE}&${DEVICE}&client_id=x&device_code=y`, 'invalid_request'],
    ['no client', '/api/auth/token', `${DEVICE}&device_code=y`, 'invalid_request'],
    ['an unknown code', '/api/auth/token', `${DEVICE}&client_id=x&device_code=y`, 'expired_token'],
    ['an unknown token', '/api/auth/token', 'grant_type=refresh_token&refresh_token=x', 'invalid_grant'],
    ['an empty token', '/api/auth/token', 'grant_type=refresh_token&refresh_token=', 'invalid_request'],
    ['no scope', '/api/auth/device', 'client_id=x', 'invalid_scope'],
    ['an unknown scope', '/api/auth/device', 'client_id=x&scope=servers%3Aread+all', 'invalid_scope'],
    ['a client with no name', '/api/auth/device', 'client_id=%00&scope=servers%3Aread', 'invalid_client'],
    ['an access token to revoke', '/api/auth/token/revoke', 'token=a.b.c', 'unsupported_token_type'],
  ])('with %s is refused by the code of the RFC', async (_, path, form, error) => {
    const answer = await send(path, form);
    expect(answer).toMatchObject({ status: 400, error });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('goes to the other addresses of programs too, and revokes what is unknown', async () => {
    const token = await send('/api/auth/device/token', `${DEVICE}&client_id=x&device_code=y`);
    expect(token.error).toBe('expired_token');
    const refreshed = await send('/api/auth/token/refresh', 'grant_type=refresh_token&refresh_token=x');
    expect(refreshed.error).toBe('invalid_grant');
    expect((await send('/api/auth/token/revoke', 'token=unknown')).status).toBe(200);
  });

  it('is the only thing that the token endpoint reads, is small, and comes from no other site', async () => {
    const asJson = await rig.call('/api/auth/token', { body: { grant_type: 'refresh_token' } });
    expect([asJson.status, JSON.parse(asJson.text).error]).toEqual([415, 'invalid_request']);
    const large = await send('/api/auth/token', `grant_type=${'x'.repeat(20_000)}`);
    expect([large.status, large.error]).toEqual([413, 'invalid_request']);
    const other = await send('/api/auth/token', 'grant_type=x', { origin: 'https://evil.example' });
    expect([other.status, other.json.code]).toEqual([403, 'origin_not_allowed']);
  });
});
