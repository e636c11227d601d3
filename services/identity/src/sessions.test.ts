import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { decodeJwt } from 'jose';
import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiTokens } from './api-tokens.ts';
import { SessionCookie } from './cookie.ts';
import { SigningKeys } from './keys.ts';
import { type IdentityTables, migrations } from './schema.ts';
import { endSessions, Sessions } from './sessions.ts';
import { secret } from './testing.ts';
import { Tokens } from './tokens.ts';

const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

let db: Kysely<IdentityTables>;
let sessions: Sessions;
beforeEach(async () => {
  db = await openDatabase<IdentityTables>(newDatabase(), migrations);
  sessions = new Sessions(db, new Bell());
  const times = { createdAt: soon(0), updatedAt: soon(0) };
  const user = {
    id: 'u',
    name: 'Mina',
    email: 'mina@example.com',
    emailVerified: 0,
    image: null,
    locale: null,
  };
  await db
    .insertInto('user')
    .values({ ...user, ...times })
    .execute();
});
afterEach(() => db.destroy());

async function begin(
  id: string,
  expiresAt: string,
  updatedAt = soon(0),
  createdAt = updatedAt,
): Promise<void> {
  const row = { id, token: `token-of-${id}`, userId: 'u', expiresAt, createdAt, updatedAt };
  await db
    .insertInto('session')
    .values({ ...row, ipAddress: '', userAgent: '' })
    .execute();
}

describe('sessions', () => {
  it('are renewed when the last time was over a day ago, and only then', async () => {
    await begin('fresh', soon(100), soon(-23 * 3600));
    await begin('due', soon(100), soon(-25 * 3600));
    expect(Date.parse((await sessions.use('token-of-fresh')).expiresAt)).toBeLessThan(Date.now() + 200_000);
    const renewed = await sessions.use('token-of-due');
    expect(Date.parse(renewed.expiresAt)).toBeGreaterThan(Date.now() + 29 * 24 * 3600_000);
    expect((await sessions.use('token-of-due')).expiresAt).toBe(renewed.expiresAt);
  });

  it('live a year at most, however much they are used', async () => {
    const day = 24 * 3600;
    await begin('old', soon(20 * day), soon(-2 * day), soon(-360 * day));
    const { expiresAt } = await sessions.use('token-of-old');
    expect(Math.abs(Date.parse(expiresAt) - Date.parse(soon(5 * day)))).toBeLessThan(60_000);
  });

  it('belong to their user', async () => {
    await begin('s', soon(100));
    await expect(sessions.require({ sid: 's', sub: 'somebody' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(sessions.require({ sid: 's', sub: 'u' })).resolves.toMatchObject({ id: 's' });
  });

  it('are swept when their time is over', async () => {
    await begin('dead', soon(-1));
    await begin('live', soon(100));
    await sessions.sweep();
    const left = await db.selectFrom('session').select('id').execute();
    expect(left).toEqual([{ id: 'live' }]);
    expect(await db.selectFrom('outbox').selectAll().execute()).toEqual([]);
  });

  it('end together with their event, or not at all', async () => {
    await begin('s', soon(100));
    const failing = db.transaction().execute(async (trx) => {
      await endSessions(trx, [{ id: 's', userId: 'u' }]);
      throw new Error('the power is gone');
    });
    await expect(failing).rejects.toThrow('the power is gone');
    await expect(sessions.use('token-of-s')).resolves.toMatchObject({ id: 's' });
    expect(await db.selectFrom('outbox').selectAll().execute()).toEqual([]);
    await sessions.end('token-of-s');
    await sessions.end('token-of-s');
    expect(await db.selectFrom('outbox').select('data').execute()).toHaveLength(1);
  });

  it('bound the tokens that are made of them', async () => {
    const expiresAt = soon(25);
    await begin('s', expiresAt);
    const keys = await SigningKeys.open(db, secret, silentLog);
    const tokens = new Tokens(
      keys,
      sessions,
      new ApiTokens(db, sessions, new Bell()),
      new SessionCookie('http://localhost', secret),
    );
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'ptsdly:identity', aud: 'links', sub: 'u', sid: 's', role: 'user', scope: '' };
    const subjectToken = await keys.sign({ ...claims, exp: now + 60 });
    const { token } = await tokens.issue({ audience: 'links', subjectToken });
    expect(decodeJwt(token).exp).toBe(Math.floor(Date.parse(expiresAt) / 1000));
    const timeless = await keys.sign(claims);
    await expect(tokens.issue({ audience: 'links', subjectToken: timeless })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });
});
