import { createVerifier, issuers, verifyCaller } from '@ptsdly/kit';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS, Rig, unauthenticated } from './testing.ts';

let rig: Rig;
let owner: Awaited<ReturnType<Rig['enter']>>;
beforeEach(async () => {
  ({ rig, owner } = await Rig.withOwner());
});
afterEach(() => {
  vi.useRealTimers();
  return rig.service.close();
});

interface Made {
  readonly id: string;
  readonly token: string;
  readonly hint: string;
}

async function make(body: object = {}, token = owner.token) {
  const asked = { name: 'Backup', scopes: ['videos:read', 'account:read'], ...body };
  const answer = await rig.call('/api/me/tokens', { body: asked, token });
  return { answer, made: answer.json as unknown as Made };
}

const list = async (token = owner.token) => (await rig.call('/api/me/tokens', { token })).json.items ?? [];

describe('an API token', () => {
  it('is shown once, and kept as a hash only', async () => {
    const { answer, made } = await make();
    expect(answer.status).toBe(201);
    expect(made.token).toMatch(/^ptsdly_[\w-]{43}$/);
    const [listed] = await list();
    expect(listed).toMatchObject({
      id: made.id,
      name: 'Backup',
      hint: made.token.slice(0, 11),
      scopes: ['videos:read', 'account:read'],
      lastUsedAt: null,
    });
    expect(JSON.stringify(listed)).not.toContain(made.token);
  });

  it('becomes a token of one audience with its scopes, and its id as the session', async () => {
    const { made } = await make();
    const issued = await rig.issue({ subjectToken: made.token }, 'server:7');
    expect(decodeJwt(issued.token)).toMatchObject({
      aud: 'server:7',
      sub: owner.sub,
      sid: made.id,
      scope: 'videos:read account:read',
    });
    expect((await list())[0]).toMatchObject({ lastUsedAt: expect.any(String) });
  });

  it('keeps its scopes through an exchange', async () => {
    const { made } = await make({ scopes: ['links:write'] });
    const first = await rig.issue({ subjectToken: made.token }, 'links');
    const second = await rig.issue({ subjectToken: first.token }, 'server:7');
    expect(decodeJwt(second.token).scope).toBe('links:write');
  });

  it('does what its scopes say, and never what is for a session alone', async () => {
    const { made } = await make();
    const { token } = await rig.issue({ subjectToken: made.token });
    expect((await rig.call('/api/me', { token })).status).toBe(200);
    const more = await make({}, token);
    expect([more.answer.status, more.answer.json.code]).toEqual([403, 'insufficient_scope']);
    const renamed = await rig.call('/api/me', { method: 'PATCH', body: { name: 'x' }, token });
    expect(renamed.json.code).toBe('insufficient_scope');
    const other = await make({ scopes: ['links:read'] });
    const narrow = await rig.issue({ subjectToken: other.made.token });
    const refused = await rig.call('/api/me', { token: narrow.token });
    expect(refused.headers.get('www-authenticate')).toContain('scope="account:read"');
  });

  it('ends when it is revoked, and the feed says so', async () => {
    const { made } = await make();
    const issued = await rig.issue({ subjectToken: made.token });
    const before = await rig.events();
    const revoked = await rig.call(`/api/me/tokens/${made.id}`, { method: 'DELETE', token: owner.token });
    expect(revoked.status).toBe(204);
    await expect(rig.issue({ subjectToken: made.token })).rejects.toMatchObject(unauthenticated);
    await expect(rig.issue({ subjectToken: issued.token })).rejects.toMatchObject(unauthenticated);
    expect((await rig.call('/api/me', { token: issued.token })).status).toBe(401);
    expect((await rig.events(before.next)).items.map(({ data }) => data)).toEqual([
      { type: 'session.revoked', sessionId: made.id, userId: owner.sub },
    ]);
    expect(await list()).toEqual([]);
  });

  it('ends when its time is over', async () => {
    const { made } = await make({ expiresInDays: 1 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + DAY_MS + 1000 });
    await expect(rig.issue({ subjectToken: made.token })).rejects.toMatchObject(unauthenticated);
  });

  it('ends with the account', async () => {
    const { made } = await make();
    const { password } = { password: 'three green lanterns' };
    await rig.call('/api/me', { method: 'DELETE', body: { password }, token: owner.token });
    await expect(rig.issue({ subjectToken: made.token })).rejects.toMatchObject(unauthenticated);
    const ended = (await rig.events()).items.map(({ data }) => ('sessionId' in data ? data.sessionId : ''));
    expect(ended).toContain(made.id);
  });

  it('is its owner’s alone', async () => {
    const { made } = await make();
    const other = await rig.enter({ email: 'other@example.com' });
    expect(await list(other.token)).toEqual([]);
    const path = `/api/me/tokens/${made.id}`;
    const refused = await rig.call(path, { method: 'DELETE', token: other.token });
    expect([refused.status, refused.json.code]).toEqual([404, 'not_found']);
    expect(await list()).toHaveLength(1);
  });

  it.each([
    ['no name', { name: ' ' }],
    ['no scope', { scopes: [] }],
    ['an unknown scope', { scopes: ['everything'] }],
    ['no end', { expiresInDays: null }],
    ['too long a life', { expiresInDays: 367 }],
  ])('is not made with %s', async (_, body) => {
    expect((await make(body)).answer.status).toBe(422);
  });

  it('is verified by a service by the claims alone', async () => {
    const { made } = await make({ scopes: ['videos:write'] });
    const { token } = await rig.issue({ subjectToken: made.token }, 'links');
    const verifier = createVerifier(issuers.identity, async () => ({
      keys: (await rig.call('/internal/jwks')).json.keys ?? [],
    }));
    expect(await verifyCaller(verifier, token, 'links')).toMatchObject({ scope: 'videos:write' });
  });
});

it('is refused whatever stands after the prefix', async () => {
  for (const subjectToken of ['ptsdly_', 'ptsdly_x', `ptsdly_${'A'.repeat(43)}`])
    await expect(rig.issue({ subjectToken })).rejects.toMatchObject(unauthenticated);
});
