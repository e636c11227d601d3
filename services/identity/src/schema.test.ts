import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { silentLog } from '@ptsdly/kit';
import { getMigrations } from 'better-auth/db/migration';
import { expect, it } from 'vitest';
import { authOptions } from './auth.ts';
import { SessionCookie } from './cookie.ts';
import { Passwords } from './passwords.ts';
import { type IdentityTables, migrations } from './schema.ts';
import { secret } from './testing.ts';

it('has all that better-auth would make', async () => {
  const db = await openDatabase<IdentityTables>(newDatabase(), migrations);
  const origin = 'http://localhost:8080';
  const cookie = new SessionCookie(origin, secret);
  const parts = { db, origin, secret, cookie, passwords: new Passwords(), providers: [], log: silentLog };
  const plan = await getMigrations(authOptions(parts), { throwOnUnsafe: false });
  const { toBeCreated, toBeAdded, toBeAddedIndexes, unsafeChanges, schemaProblems } = plan;
  expect({ toBeCreated, toBeAdded, toBeAddedIndexes, unsafeChanges, schemaProblems }).toEqual({
    toBeCreated: [],
    toBeAdded: [],
    toBeAddedIndexes: [],
    unsafeChanges: [],
    schemaProblems: [],
  });
  await db.destroy();
});
