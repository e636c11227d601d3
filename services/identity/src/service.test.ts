import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLog } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folder, person, Rig, secret } from './testing.ts';

let place: ReturnType<typeof folder>;
let databaseUrl: string;
beforeEach(() => {
  place = folder();
  databaseUrl = `sqlite:${join(place.path, 'new/identity.db')}`;
});
afterEach(() => place.remove());

describe('a restart', () => {
  it('keeps users, sessions, keys and the feed', async () => {
    const before = await Rig.open({ databaseUrl });
    const { cookie, token, sub } = await before.enter();
    const ended = await before.signIn();
    await before.signOut(ended.cookie);
    const keys = (await before.call('/internal/jwks')).json;
    const feed = await before.events();
    await before.service.close();

    const after = await Rig.open({ databaseUrl });
    expect((await after.call('/internal/jwks')).json).toEqual(keys);
    expect((await after.call('/api/me', { token })).json.id).toBe(sub);
    expect((await after.issue({ cookie })).sub).toBe(sub);
    expect((await after.signIn()).status).toBe(200);
    expect(await after.events()).toEqual(feed);
    await after.service.close();
  });

  it('under another secret keeps users and begins with a new key', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
    const before = await Rig.open({ databaseUrl });
    const { cookie, token } = await before.enter();
    await before.service.close();

    const after = await Rig.open({
      databaseUrl,
      log,
      secret: 'another secret, as long as the first one was',
    });
    expect(lines.join()).toContain('the secret has changed');
    await expect(after.issue({ cookie })).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await after.call('/api/me', { token })).status).toBe(401);
    const again = await after.signIn();
    expect((await after.issue({ cookie: again.cookie })).sid).toBeTruthy();
    await after.service.close();
  });
});

it.each(['user', 'account', 'session'])(
  'leaves nothing of a sign-up when %s cannot be written',
  async (table) => {
    await (await Rig.open({ databaseUrl })).service.close();
    const database = new DatabaseSync(join(place.path, 'new/identity.db'));
    database.exec(`create trigger full before insert on "${table}" begin select raise(abort, 'full'); end`);
    database.close();
    const rig = await Rig.open({ databaseUrl });
    const answer = await rig.signUp();
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect([answer.cookie, answer.text.includes('full')]).toEqual(['', false]);
    await rig.service.close();
    const after = new DatabaseSync(join(place.path, 'new/identity.db'));
    after.exec('drop trigger full');
    expect(after.prepare('select count(*) as rows from user').get()).toEqual({ rows: 0 });
    after.close();
    const mended = await Rig.open({ databaseUrl });
    expect((await mended.signUp()).status).toBe(200);
    await mended.service.close();
  },
);

describe('opening', () => {
  it('fails with a plain sentence while another has the database', async () => {
    const rig = await Rig.open({ databaseUrl });
    await expect(Rig.open({ databaseUrl })).rejects.toThrow(/identity\.db is in use by another process/);
    const program = `import { openDatabase } from '@ptsdly/db';
      openDatabase(${JSON.stringify(databaseUrl)}, {}).catch((error) => console.log(error.message));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/is in use by another process/);
    expect((await rig.signUp()).status).toBe(200);
    await rig.service.close();
  });

  it('refuses a short secret and an unknown driver', async () => {
    await expect(Rig.open({ secret: 'short' })).rejects.toThrow('must have at least 32 characters');
    await expect(Rig.open({ databaseUrl: 'paper:book' })).rejects.toThrow('no database driver for "paper:"');
  });
});

describe('what is kept and said', () => {
  it('holds no password and no private key in the clear', async () => {
    const rig = await Rig.open({ databaseUrl });
    await rig.signUp();
    await rig.service.close();
    const bytes = readdirSync(join(place.path, 'new'))
      .map((name) => readFileSync(join(place.path, 'new', name), 'latin1'))
      .join();
    expect(bytes).toContain(person.email);
    expect(bytes).not.toContain(person.password);
    expect(bytes).not.toContain(secret);
    expect(bytes).not.toMatch(/"d":"/);
  });

  it('logs no address, password, cookie or token', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
    const rig = await Rig.open({ log, providers: { kakao: { clientId: 'app' } } });
    const { cookie, token } = await rig.enter();
    await rig.signUp();
    await rig.signIn({ password: 'a wrong one, surely' });
    await rig.signIn({ email: 'nobody@example.com' });
    await rig.call('/api/auth/callback/kakao?code=the-code&state=the-state');
    await rig.call('/api/me', { method: 'DELETE', token, body: { password: 'a wrong one, surely' } });
    await rig.signOut(cookie);
    await rig.service.close();
    const said = lines.join();
    for (const word of [
      person.email,
      'nobody@',
      person.password,
      'a wrong one',
      token,
      'the-code',
      'the-state',
    ])
      expect(said).not.toContain(word);
    expect(said).not.toContain(decodeURIComponent(cookie.split('=')[1] as string).slice(0, 20));
  });

  it('answers health, readiness and metrics', async () => {
    const rig = await Rig.open();
    await rig.signUp();
    expect((await rig.call('/healthz')).status).toBe(200);
    expect((await rig.call('/readyz')).status).toBe(200);
    expect((await rig.call('/metrics')).text).toContain('route="/api/auth/sign-up/email",status="200"');
    await rig.service.close();
  });
});
