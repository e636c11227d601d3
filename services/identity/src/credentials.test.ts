import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mina, openKakao } from './testing/kakao.ts';
import { person, Rig } from './testing.ts';

const HOUR_MS = 3600_000;
const newPassword = 'seven quiet harbours';
let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.service.close();
});

const forgot = (email = person.email) => rig.call('/api/auth/password/forgot', { body: { email } });
const reset = (token: string, password = newPassword) =>
  rig.call('/api/auth/password/reset', { body: { token, password } });
const confirm = (token: string) => rig.call('/api/auth/email/confirm', { body: { token } });

describe('a forgotten password', () => {
  it('is replaced by the token of a letter, once, and everybody is signed out', async () => {
    const owner = await rig.enter();
    expect((await forgot()).status).toBe(202);
    const { token } = await rig.letter(person.email, /비밀번호 다시/);
    expect((await reset(token)).status).toBe(204);
    await expect(rig.issue({ cookie: owner.cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await rig.signIn()).status).toBe(401);
    expect((await rig.signIn({ password: newPassword })).status).toBe(200);
    expect((await reset(token)).json.code).toBe('token_invalid');
    await rig.letter(person.email, /비밀번호가 바뀌었어요/);
  });

  it('answers the same for an address where nobody lives, and writes no letter', async () => {
    await rig.signUp();
    const [known, unknown] = [await forgot(), await forgot('nobody@example.com')];
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text]);
    await rig.letter(person.email, /비밀번호 다시/);
    const { items } = await rig.operator().mails({ query: {} });
    expect(items.map(({ to }) => to)).toEqual([person.email]);
  });

  it('is asked for three times an hour at most', async () => {
    await rig.signUp();
    for (let i = 0; i < 5; i++) await forgot();
    await rig.letter(person.email, /비밀번호 다시/);
    await vi.waitFor(async () => expect((await rig.operator().mails({ query: {} })).items).toHaveLength(3));
  });

  it('has an hour', async () => {
    await rig.signUp();
    await forgot();
    const { token } = await rig.letter(person.email, /비밀번호 다시/);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS + 1000 });
    expect((await reset(token)).json.code).toBe('token_invalid');
  });

  it('keeps the token when the new password is refused', async () => {
    await rig.signUp();
    await forgot();
    const { token } = await rig.letter(person.email, /비밀번호 다시/);
    expect((await reset(token, 'short')).json.code).toBe('weak_password');
    expect((await reset(token)).status).toBe(204);
  });

  it('throws out whoever took the address before its owner came (pre-hijacking)', async () => {
    const kakao = await openKakao();
    await rig.service.close();
    const settings = { clientId: 'kakao-app', issuer: kakao.url, apiUrl: kakao.url };
    rig = await Rig.open({ providers: { kakao: settings } });
    const thief = await rig.enter(); // with the victim's address
    kakao.person = { ...mina, account: { ...mina.account, email: 'thief@example.com' } };
    const started = await rig.call('/api/me/providers', { body: { provider: 'kakao' }, ...thief });
    const page = await (await fetch(started.json.url ?? '')).text();
    const back = new URL((/id="agree" href="([^"]+)"/.exec(page)?.[1] ?? '').replaceAll('&amp;', '&'));
    const state = started.headers.getSetCookie().map((line) => line.split(';')[0]);
    await rig.call(back.pathname + back.search, { cookie: [thief.cookie, ...state].join('; ') });
    await forgot();
    expect((await reset((await rig.letter(person.email, /비밀번호 다시/)).token)).status).toBe(204);
    const { cookie } = await rig.signIn({ password: newPassword });
    const { token } = await rig.issue({ cookie });
    expect((await rig.call('/api/me', { token })).json).toMatchObject({
      providers: ['credential'],
      isEmailVerified: true,
    });
    await kakao.close();
  });
});

describe('an e-mail address', () => {
  const change = (token: string, body: object) => rig.call('/api/me/email', { body, token });

  it('changes once the new one is confirmed, and the old one is told', async () => {
    const { token } = await rig.enter();
    expect((await change(token, { email: 'new@example.com' })).json.code).toBe('invalid_credentials');
    expect((await change(token, { email: 'new@example.com', password: person.password })).status).toBe(202);
    expect((await rig.call('/api/me', { token })).json.email).toBe(person.email);
    const letter = await rig.letter('new@example.com', /새 이메일/);
    expect((await confirm(letter.token)).json).toMatchObject({ email: 'new@example.com' });
    expect((await rig.call('/api/me', { token })).json).toMatchObject({
      email: 'new@example.com',
      isEmailVerified: true,
    });
    await rig.letter(person.email, /이메일 주소가 바뀌었어요/);
    expect((await confirm(letter.token)).json.code).toBe('token_invalid');
  });

  it('of somebody else is not taken, and nothing tells that it is', async () => {
    await rig.signUp({ email: 'other@example.com' });
    const { token } = await rig.enter();
    expect((await change(token, { email: 'other@example.com', password: person.password })).status).toBe(202);
    const letter = await rig.letter('other@example.com', /새 이메일/);
    expect((await confirm(letter.token)).json.code).toBe('email_taken');
  });

  it('is confirmed by its letter', async () => {
    const { token } = await rig.enter();
    await rig.call('/api/me/email/verify', { method: 'POST', token });
    await confirm((await rig.letter(person.email, /확인해 주세요/)).token);
    expect((await rig.call('/api/me', { token })).json.isEmailVerified).toBe(true);
  });
});

describe('a password', () => {
  it('is changed with the present one; other sessions end', async () => {
    const first = await rig.enter();
    const second = await rig.signIn();
    const body = { current: 'wrong', password: newPassword };
    const put = (sent: object) =>
      rig.call('/api/me/password', { method: 'PUT', body: sent, token: first.token });
    expect((await put(body)).json.code).toBe('invalid_credentials');
    expect((await put({ ...body, current: person.password })).status).toBe(204);
    await expect(rig.issue({ cookie: second.cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await rig.issue({ cookie: first.cookie })).sid).toBe(first.sid);
  });

  it('is not guessed: after ten wrong ones from an address it waits, and the owner elsewhere does not', async () => {
    await rig.signUp();
    const from = (address: string, password: string) =>
      rig.call('/api/auth/sign-in/email', {
        body: { email: person.email, password },
        headers: { 'x-forwarded-for': address },
      });
    for (let i = 0; i < 10; i++) expect((await from('192.0.2.1', `wrong guess ${i}`)).status).toBe(401);
    const refused = await from('192.0.2.1', person.password);
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await from('192.0.2.2', person.password)).status).toBe(200);
  });

  it.each([
    'qwertyuiop123',
    '1q2w3e4r5t',
    'Password123!',
    'mina@example.com',
    'aaaaaaaaaaaa',
    'minecraft123',
  ])('"%s" is refused', async (password) => {
    expect((await rig.signUp({ password })).json.code).toBe('weak_password');
  });
});

describe('with a mail server', () => {
  interface Received {
    readonly to: string;
    readonly text: string;
  }
  async function openSmtp() {
    const received: Received[] = [];
    let isAway = false;
    const server = new SMTPServer({
      closeTimeout: 50, // the service keeps its connection for the next letter
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_, __, done) => done(isAway ? new Error('come back later') : undefined),
      onData(stream, session, done) {
        let text = '';
        stream.on('data', (chunk) => {
          text += chunk;
        });
        stream.on('end', () => {
          const plain = text.replace(/=\r?\n/g, '').replace(/=3D/g, '=');
          received.push({ to: String(session.envelope.rcptTo[0]?.address), text: plain });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as { port: number };
    return {
      url: `smtp://127.0.0.1:${port}`,
      received,
      set away(value: boolean) {
        isAway = value;
      },
      close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    };
  }

  let smtp: Awaited<ReturnType<typeof openSmtp>>;
  beforeEach(async () => {
    smtp = await openSmtp();
    await rig.service.close();
    rig = await Rig.open({ mail: { url: smtp.url, from: 'PTSD.ly <no-reply@ptsd.test>' } });
  });
  afterEach(() => smtp.close());
  const arrived = (count: number) => vi.waitFor(() => expect(smtp.received).toHaveLength(count), 5000);

  it('a new address proves itself before the first sign-in', async () => {
    const answer = await rig.signUp();
    expect([answer.status, answer.json.user, answer.cookie]).toEqual([200, null, '']);
    await arrived(1);
    expect((await rig.signIn()).json.code).toBe('email_not_verified');
    const token = /#token=([\w-]{43})/.exec(smtp.received[0]?.text ?? '')?.[1] ?? '';
    expect((await confirm(token)).status).toBe(200);
    expect((await rig.signIn()).status).toBe(200);
  });

  it('a taken address is answered like a new one; its owner gets a letter', async () => {
    const first = await rig.signUp();
    await arrived(1);
    const again = await rig.signUp({ name: 'Somebody', password: 'another long password' });
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    await arrived(2);
    expect((await rig.signIn({ password: 'another long password' })).json.code).toBe('invalid_credentials');
  });

  it('no letter is lost while the mail server is away, and none is kept for others to read', async () => {
    smtp.away = true;
    await rig.signUp();
    await forgot();
    smtp.away = false;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 });
    await vi.waitFor(() => expect(smtp.received.length).toBeGreaterThanOrEqual(2), 15_000);
    expect((await rig.operator().mails({ query: {} })).items).toEqual([]);
  });
});
