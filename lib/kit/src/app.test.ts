import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, endpoint, Problem } from '@ptsdly/contract';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  createApp,
  createServiceTokens,
  createVerifier,
  issuers,
  type Listener,
  listen,
  Metrics,
  mount,
  reach,
  type Service,
  silentLog,
} from './index.ts';

const api = {
  echo: endpoint({
    method: 'POST',
    path: '/echo/:id',
    access: 'open',
    summary: 'Echo',
    params: z.object({ id: z.string().max(5) }),
    body: z.object({ text: z.string(), nested: z.object({ n: z.int() }).optional() }),
    maxBody: 1000,
    response: z.object({ id: z.string(), text: z.string() }),
  }),
  mine: endpoint({
    method: 'GET',
    path: '/mine',
    access: 'user',
    summary: 'Mine',
    response: z.object({ sub: z.string() }),
  }),
  inside: endpoint({
    method: 'GET',
    path: '/internal/x',
    access: 'internal',
    summary: 'Internal',
    response: z.object({ ok: z.boolean() }),
  }),
  broken: endpoint({
    method: 'GET',
    path: '/broken',
    access: 'open',
    summary: 'Broken',
    response: z.object({}),
  }),
};

const keys = await generateKeyPair('EdDSA');
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'EdDSA' }] };
const serviceTokens = createServiceTokens('test', new Uint8Array(32).fill(7));

function userToken(audience: string, claims: object = {}) {
  return new SignJWT({ role: 'user', scope: '', sid: 's1', ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .setIssuer(issuers.identity)
    .setSubject('u1')
    .setAudience(audience)
    .setExpirationTime('60s')
    .sign(keys.privateKey);
}

function openService(): Service {
  const options = {
    audience: 'test',
    log: silentLog,
    metrics: new Metrics('test'),
    callers: createVerifier(issuers.identity, async () => jwks),
    services: serviceTokens,
  };
  const app = createApp(options);
  mount(
    app,
    api,
    {
      echo: ({ params, body }) => ({ id: params.id, text: body.text }),
      mine: ({ caller }) => ({ sub: caller.sub }),
      inside: () => ({ ok: true }),
      broken: () => {
        throw new Error('secret detail');
      },
    },
    options,
  );
  return { name: 'test', fetch: async (request) => app.fetch(request), close: async () => undefined };
}

let listener: Listener | undefined;
afterEach(async () => {
  await listener?.close();
  listener = undefined;
});

/** The same behaviour as a function, over TCP and over a Unix socket. */
const transports = {
  function: async (service: Service) => reach(service),
  tcp: async (service: Service) => {
    listener = await listen(service, { drainMs: 100 });
    return reach(listener.address);
  },
  unix: async (service: Service) => {
    listener = await listen(service, {
      socketPath: join(mkdtempSync(join(tmpdir(), 'kit-')), 's'),
      drainMs: 100,
    });
    return reach(listener.address);
  },
};

describe.each(Object.entries(transports))('over %s', (_, open) => {
  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>, type = 'application/json') => {
    const peer = await open(openService());
    const response = await peer.fetch(
      new Request(peer.baseUrl + path, { method: 'POST', body, headers: { 'content-type': type } }),
    );
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test('a valid call is answered', async () => {
    const peer = await open(openService());
    const client = createClient(api, peer);
    expect(await client.echo({ params: { id: 'a' }, body: { text: '안녕' } })).toEqual({
      id: 'a',
      text: '안녕',
    });
  });

  test.each([
    ['not JSON', '{nope', 'application/json', 400, 'invalid_json'],
    ['another type', 'text', 'text/plain', 415, 'unsupported_media_type'],
    ['too large', JSON.stringify({ text: 'x'.repeat(2000) }), 'application/json', 413, 'body_too_large'],
    ['a missing field', '{}', 'application/json', 422, 'invalid_fields'],
    ['an empty body', '', 'application/json', 422, 'invalid_fields'],
  ])('%s', async (_, body, type, status, code) => {
    expect(await post('/echo/a', body, type)).toMatchObject({ status, body: { status, code } });
  });

  test('each wrong field is named', async () => {
    const answer = await post('/echo/a', '{"text":1,"nested":{"n":0.5}}');
    expect((answer.body.errors as { field: string }[]).map(({ field }) => field)).toEqual([
      'text',
      'nested.n',
    ]);
  });

  test('tokens are checked by audience, and services by theirs', async () => {
    const peer = await open(openService());
    const client = createClient(api, peer);
    const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    expect(await client.mine({}, as(await userToken('test')))).toEqual({ sub: 'u1' });
    for (const token of [await userToken('other'), 'nonsense', await serviceTokens.sign('test')]) {
      await expect(client.mine({}, as(token))).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    await expect(client.mine({})).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await client.inside({}, as(await serviceTokens.sign('test')))).toEqual({ ok: true });
    for (const token of [await serviceTokens.sign('other'), await userToken('test')]) {
      await expect(client.inside({}, as(token))).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  test('a fault of ours says nothing of itself', async () => {
    const peer = await open(openService());
    const response = await peer.fetch(new Request(`${peer.baseUrl}/broken`));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret detail');
  });

  test('health, metrics and the unknown', async () => {
    const peer = await open(openService());
    const get = async (path: string) => (await peer.fetch(new Request(peer.baseUrl + path))).status;
    expect([await get('/healthz'), await get('/readyz'), await get('/metrics')]).toEqual([200, 200, 200]);
    expect(await get('/nothing')).toBe(404);
  });
});

test('keys are fetched again for an unknown key id, but not for every forgery', async () => {
  let fetched = 0;
  const verifier = createVerifier(issuers.identity, async () => {
    fetched++;
    return jwks;
  });
  await verifier.verify(await userToken('a'), 'a');
  const foreign = await generateKeyPair('EdDSA');
  const forged = await new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', kid: 'zz' })
    .sign(foreign.privateKey);
  for (let i = 0; i < 5; i++) await expect(verifier.verify(forged, 'a')).rejects.toBeInstanceOf(Problem);
  expect(fetched).toBe(1);
});

describe('keys that are older than five minutes', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  test('are fetched again, so that a key which was taken back is refused, also of a token seen before', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let published = jwks;
    const verifier = createVerifier(issuers.identity, async () => published);
    const token = await userToken('a');
    await verifier.verify(token, 'a');
    const { publicKey } = await generateKeyPair('EdDSA');
    published = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k2', alg: 'EdDSA' }] };
    await verifier.verify(token, 'a');
    vi.advanceTimersByTime(5 * 60_000);
    await expect(verifier.verify(await userToken('a'), 'a')).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(verifier.verify(token, 'a')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('serve on while the issuer is away, which is asked twice a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let fetched = 0;
    const verifier = createVerifier(issuers.identity, async () => {
      if (fetched++ > 0) throw new Error('away');
      return jwks;
    });
    await verifier.verify(await userToken('a'), 'a');
    vi.advanceTimersByTime(5 * 60_000);
    for (const audience of ['b', 'c', 'd']) await verifier.verify(await userToken(audience), audience);
    expect(fetched).toBe(2);
    vi.advanceTimersByTime(31_000);
    await verifier.verify(await userToken('e'), 'e');
    expect(fetched).toBe(3);
  });
});

test('an expired token is refused although it was seen before', async () => {
  const verifier = createVerifier(issuers.identity, async () => jwks);
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .setIssuer(issuers.identity)
    .setAudience('a')
    .setExpirationTime(Math.floor(Date.now() / 1000) - 60)
    .sign(keys.privateKey);
  await expect(verifier.verify(token, 'a')).rejects.toMatchObject({ code: 'unauthenticated' });
});
