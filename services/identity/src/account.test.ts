import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { person, Rig } from './testing.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.service.close());

const get = async <T>(path: string, token: string) => (await rig.call(path, { token })).json as unknown as T;
interface Device {
  readonly id: string;
  readonly device: string;
  readonly isCurrent: boolean;
}

describe('sessions', () => {
  const chrome = 'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36';

  it('are listed by device and ended one by one, or all but this one', async () => {
    const { token, sid } = await rig.enter();
    const signIn = () =>
      rig.call('/api/auth/sign-in/email', {
        body: { email: person.email, password: person.password },
        headers: { 'user-agent': chrome },
      });
    const [second, third] = [await signIn(), await signIn()];
    const { items } = await get<{ items: Device[] }>('/api/me/sessions', token);
    expect(items.map(({ device, isCurrent }) => [device, isCurrent])).toEqual([
      ['Chrome · Android', false],
      ['Chrome · Android', false],
      ['–', true],
    ]);
    const { sid: secondId } = await rig.issue({ cookie: second.cookie });
    await rig.call(`/api/me/sessions/${secondId}`, { method: 'DELETE', token });
    await expect(rig.issue({ cookie: second.cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    const apiToken = await rig.call('/api/me/tokens', {
      body: { name: 'x', scopes: ['account:read'] },
      token,
    });
    const before = await rig.events();
    expect((await rig.call('/api/me/sessions', { method: 'DELETE', token })).status).toBe(204);
    await expect(rig.issue({ cookie: third.cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    const subjectToken = (apiToken.json as unknown as { token: string }).token;
    await expect(rig.issue({ subjectToken })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await rig.events(before.next)).items).toHaveLength(2);
    expect((await get<{ items: Device[] }>('/api/me/sessions', token)).items.map(({ id }) => id)).toEqual([
      sid,
    ]);
  });

  it('of others are not found', async () => {
    const mine = await rig.enter();
    const { token } = await rig.enter({ email: 'other@example.com' });
    const answer = await rig.call(`/api/me/sessions/${mine.sid}`, { method: 'DELETE', token });
    expect(answer.status).toBe(404);
  });

  it('on a new device are told of by a letter, on a known one not', async () => {
    const first = await rig.signUp();
    const device = first.headers.getSetCookie().find((line) => line.startsWith('ptsdly.device='));
    await rig.call('/api/auth/sign-in/email', {
      body: { email: person.email, password: person.password },
      cookie: device?.split(';')[0] ?? '',
    });
    await rig.signIn();
    await rig.letter(person.email, /새 기기/);
    expect((await rig.operator().mails({ query: {} })).items).toHaveLength(1);
  });
});

describe('my picture', () => {
  const put = (bytes: Buffer, token: string) =>
    rig.call('/api/me/picture', { method: 'PUT', body: { image: bytes.toString('base64') }, token });
  const photo = () =>
    sharp({ create: { width: 640, height: 360, channels: 3, background: '#c2440e' } })
      .withExif({ IFD0: { Copyright: 'a secret place' } })
      .png()
      .toBuffer();

  it('is encoded anew as a small square, without what came with it', async () => {
    const { token } = await rig.enter();
    const answer = await put(await photo(), token);
    expect(answer.json.image).toMatch(/^\/api\/me\/picture\?v=[0-9a-f]{16}$/);
    const headers = { authorization: `Bearer ${token}` };
    const stored = await rig.service.fetch(new Request(`http://service${answer.json.image}`, { headers }));
    expect(stored.headers.get('content-type')).toBe('image/jpeg');
    const { width, height, exif, format } = await sharp(Buffer.from(await stored.arrayBuffer())).metadata();
    expect([width, height, exif, format]).toEqual([256, 256, undefined, 'jpeg']);
    const removed = await rig.call('/api/me/picture', { method: 'DELETE', token });
    expect([removed.json.image, (await rig.call('/api/me/picture', { token })).status]).toEqual([null, 404]);
  });

  it.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>1</script></svg>'],
    ['HTML', '<!doctype html><script>1</script>'],
    ['nothing', ''],
    ['a broken PNG', '\x89PNG\r\n\x1a\n'],
  ])('is not %s', async (_, bytes) => {
    const { token } = await rig.enter();
    expect((await put(Buffer.from(bytes, 'latin1'), token)).json.code).toBe('invalid_fields');
  });
});

describe('roles', () => {
  it('begin with the operator; each act is written down, and the old tokens end', async () => {
    const admin = await rig.enter();
    expect((await rig.call('/api/admin/accounts', { token: admin.token })).status).toBe(403);
    await rig.operator().appoint({ body: { email: person.email, role: 'admin' } });
    expect((await rig.call('/api/me', { token: admin.token })).status).toBe(401);
    const { token } = await rig.issue({ cookie: (await rig.signIn()).cookie });
    const other = await rig.enter({ email: 'other@example.com' });
    const { items } = await get<{ items: { email: string }[] }>('/api/admin/accounts?search=OTHER', token);
    expect(items.map(({ email }) => email)).toEqual(['other@example.com']);
    const promote = (id: string) =>
      rig.call(`/api/admin/accounts/${id}/role`, { method: 'PUT', body: { role: 'support' }, token });
    expect((await promote(other.sub)).json).toMatchObject({ role: 'support' });
    expect((await promote(admin.sub)).json.code).toBe('conflict');
    const helper = await rig.issue({ cookie: (await rig.signIn({ email: 'other@example.com' })).cookie });
    expect((await rig.call('/api/admin/audit', { token: helper.token })).status).toBe(200);
    const act = await rig.call(`/api/admin/accounts/${admin.sub}/sessions`, {
      method: 'DELETE',
      token: helper.token,
    });
    expect(act.json.code).toBe('forbidden');
    const trail = await get<{ items: { actor: string; action: string; detail: string }[] }>(
      '/api/admin/audit',
      token,
    );
    expect(trail.items.map(({ actor, detail }) => [actor, detail])).toEqual([
      [admin.sub, 'user → support'],
      ['operator', 'user → admin'],
    ]);
  });
});

describe('letters that were kept', () => {
  const enterAs = async (role: 'admin' | 'support') => {
    await rig.enter();
    await rig.operator().appoint({ body: { email: person.email, role } });
    return rig.issue({ cookie: (await rig.signIn()).cookie });
  };

  it('are listed without their words, and each that is opened is written down', async () => {
    const { token, sub } = await enterAs('admin');
    const other = await rig.enter({ email: 'other@example.com' });
    await rig.call('/api/auth/password/forgot', { body: { email: 'other@example.com' } });
    const letter = await rig.letter('other@example.com', /비밀번호/);
    const list = await rig.call('/api/admin/mails', { token });
    expect(list.text).not.toContain(letter.token);
    const { items } = list.json as unknown as { items: { id: string; to: string }[] };
    const { id } = items.find(({ to }) => to === 'other@example.com') ?? { id: '' };
    const opened = await get<{ text: string }>(`/api/admin/mails/${id}`, token);
    expect(opened.text).toContain(letter.token);
    const { items: trail } = await get<{ items: object[] }>('/api/admin/audit', token);
    const act = { actor: sub, action: 'mail.read', subject: other.sub, detail: 'reset-password' };
    expect(trail[0]).toMatchObject(act);
    expect((await rig.call('/api/admin/mails/unknown', { token })).status).toBe(404);
  });

  it('are for administrators, not for support', async () => {
    const { token } = await enterAs('support');
    for (const path of ['/api/admin/mails', '/api/admin/mails/x'])
      expect((await rig.call(path, { token })).json.code).toBe('forbidden');
  });
});

describe('leaving', () => {
  it('takes a copy of everything first', async () => {
    const { token } = await rig.enter();
    const copy = await get<Record<string, unknown>>('/api/me/export', token);
    expect(copy).toMatchObject({ me: { email: person.email }, account: [{ providerId: 'credential' }] });
    expect(JSON.stringify(copy)).not.toMatch(/hash|password"|sealed/);
  });

  it('leaves a receipt that names nobody and waits for the others', async () => {
    const { token, sub } = await rig.enter();
    const answer = await rig.call('/api/me', {
      method: 'DELETE',
      body: { password: person.password },
      token,
    });
    const secret = /^\/app\/receipt#token=([\w-]+)$/.exec(answer.json.receiptUrl ?? '')?.[1];
    const receipt = await rig.call(`/api/auth/receipts/${secret}`);
    expect(receipt.json).toMatchObject({
      isComplete: false,
      removed: [{ service: 'identity', counts: { account: 1, device: 1 } }],
    });
    expect(receipt.text).not.toContain(sub);
    expect((await rig.call('/api/auth/receipts/unknown')).status).toBe(404);
  });
});
