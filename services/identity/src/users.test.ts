import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documents } from './documents.ts';
import { person, Rig } from './testing.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.service.close());

const put = (token: string, body: object) => rig.call('/api/me/consents', { method: 'PUT', token, body });
const patch = (token: string, body: object) => rig.call('/api/me', { method: 'PATCH', token, body });
const erase = (token: string, body: object) => rig.call('/api/me', { method: 'DELETE', token, body });

describe('my account', () => {
  it('needs a token for identity', async () => {
    const { cookie } = await rig.enter();
    const elsewhere = await rig.issue({ cookie }, 'links');
    for (const call of [{}, { cookie }, { token: 'x.y.z' }, { token: elsewhere.token }]) {
      const answer = await rig.call('/api/me', call);
      expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated']);
    }
  });

  it('changes name and language', async () => {
    const { token } = await rig.enter();
    expect((await patch(token, { name: '  미나  ' })).json).toMatchObject({ name: '미나', locale: null });
    expect((await patch(token, { locale: 'ko' })).json).toMatchObject({ name: '미나', locale: 'ko' });
    expect((await patch(token, {})).status).toBe(200);
    expect((await rig.call('/api/me', { token })).json).toMatchObject({ name: '미나', locale: 'ko' });
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(81) }, 'name'],
    [{ locale: 'xx' }, 'locale'],
  ])('refuses %j', async (body, field) => {
    const { token } = await rig.enter();
    const answer = await patch(token, body);
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_fields']);
    expect(answer.json.errors?.map((error) => error.field)).toEqual([field]);
  });

  it('does not change another’s, nor what is not offered', async () => {
    const mina = await rig.enter();
    const juno = await rig.enter({ email: 'juno@example.com', name: 'Juno' });
    await patch(juno.token, { name: 'Changed', email: 'other@example.com', id: mina.sub, image: 'x' });
    expect((await rig.call('/api/me', { token: mina.token })).json.name).toBe('Mina');
    expect((await rig.call('/api/me', { token: juno.token })).json).toMatchObject({
      name: 'Changed',
      email: 'juno@example.com',
      image: null,
    });
  });

  it('is closed as soon as the session has ended, though the token is young', async () => {
    const { cookie, token } = await rig.enter();
    await rig.signOut(cookie);
    expect((await rig.call('/api/me', { token })).status).toBe(401);
    expect((await patch(token, { name: 'Late' })).status).toBe(401);
    expect((await put(token, documents)).status).toBe(401);
    expect((await erase(token, { password: person.password })).status).toBe(401);
  });
});

describe('consents', () => {
  it('are asked for and recorded by version, once', async () => {
    const { token } = await rig.enter();
    const before = await rig.call('/api/me', { token });
    expect(before.json.consents).toEqual({ terms: null, privacy: null });
    const options = await rig.call('/api/auth/options');
    expect(options.json).toEqual({ providers: [], documents, confirmsEmail: false });
    for (let time = 0; time < 2; time++) expect((await put(token, documents)).json).toEqual(documents);
    expect((await rig.call('/api/me', { token })).json.consents).toEqual(documents);
  });

  it('are refused for a version that is not in force', async () => {
    const { token } = await rig.enter();
    const answer = await put(token, { ...documents, terms: '1999-01' });
    expect([answer.status, answer.json.code]).toEqual([422, 'invalid_fields']);
    expect(answer.json.errors?.map(({ field }) => field)).toEqual(['terms']);
    expect((await rig.call('/api/me', { token })).json.consents).toEqual({ terms: null, privacy: null });
  });
});

describe('deleting my account', () => {
  it('asks for the password', async () => {
    const { token, cookie } = await rig.enter();
    for (const body of [{}, { password: 'three green lampions' }]) {
      const answer = await erase(token, body);
      expect([answer.status, answer.json.code]).toEqual([401, 'invalid_credentials']);
    }
    await expect(rig.issue({ cookie })).resolves.toBeDefined();
    expect((await rig.events()).items).toEqual([]);
  });

  it('ends all sessions, says so in order, and frees the address', async () => {
    const { token, cookie, sub, sid } = await rig.enter();
    await put(token, documents);
    const second = await rig.signIn();
    const other = await rig.issue({ cookie: second.cookie });
    const bystander = await rig.enter({ email: 'juno@example.com' });

    const waiting = rig.events(0, 10);
    const answer = await erase(token, { password: person.password });
    expect([answer.status, answer.json]).toEqual([202, { receiptUrl: expect.stringMatching(/^\/app\//) }]);
    expect(answer.headers.get('set-cookie')).toMatch(/^ptsdly=; Max-Age=0;/);

    const events = (await waiting).items.map(({ data }) => data);
    expect(events).toHaveLength(3);
    expect(events.slice(0, 2)).toEqual(
      expect.arrayContaining([
        { type: 'session.revoked', sessionId: sid, userId: sub },
        { type: 'session.revoked', sessionId: other.sid, userId: sub },
      ]),
    );
    expect(events[2]).toEqual({ type: 'user.deleted', userId: sub });
    for (const gone of [cookie, second.cookie])
      await expect(rig.issue({ cookie: gone })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await rig.signIn()).json.code).toBe('invalid_credentials');
    await expect(rig.issue({ cookie: bystander.cookie })).resolves.toBeDefined();
    expect((await rig.signUp()).status).toBe(200);
  });

  it('happens once, whoever asks twice at the same moment', async () => {
    const { token } = await rig.enter();
    const answers = await Promise.all([1, 2].map(() => erase(token, { password: person.password })));
    expect(answers.map(({ status }) => status)).toContain(202);
    const types = (await rig.events()).items.map(({ data }) => data.type);
    expect(types).toEqual(['session.revoked', 'user.deleted']);
  });
});

it('delivers the feed to services only', async () => {
  const { token } = await rig.enter();
  for (const call of [{}, { token }])
    expect((await rig.call('/internal/events?after=0', call)).status).toBe(403);
});
