import type { EventData } from '@ptsdly/contract';
import { newDatabase } from '@ptsdly/db/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MediaDatabase, openMediaDatabase } from '../database.ts';
import { OpenResponses } from './open-responses.ts';
import { Rights } from './rights.ts';

const serverId = 'server-1';
const ownerId = 'owner-1';
let db: MediaDatabase;
let seq = 0;
beforeEach(async () => {
  db = await openMediaDatabase(newDatabase());
});
afterEach(() => db.destroy());

const load = () => Rights.load({ db, responses: new OpenResponses(), serverId, ownerId });
const event = (data: EventData) => ({ seq: ++seq, at: new Date().toISOString(), data });
const serverIs = (state: string) =>
  event({ type: 'server.changed', serverId, slug: 'myslug', ownerId, state });
const signedOut = event({ type: 'session.revoked', sessionId: 'sid-1', userId: ownerId });

/** What a full disk does to a write. */
async function whileFull(work: () => Promise<void>): Promise<void> {
  const tables = ['ended_sessions', 'settings'];
  for (const table of tables)
    await sql`create trigger ${sql.ref(`full_${table}`)} before insert on ${sql.table(table)}
      begin select raise(abort, 'disk is full'); end`.execute(db);
  await expect(work()).rejects.toThrow('disk is full');
  for (const table of tables) await sql`drop trigger ${sql.ref(`full_${table}`)}`.execute(db);
}

it('keeps a sign-out that could not be written at first over a restart', async () => {
  const rights = await load();
  await whileFull(() => rights.apply(signedOut));
  expect(rights.isSignedOut('sid-1')).toBe(true);
  await rights.apply(signedOut); // the feed tells it again until it was applied
  await rights.apply(signedOut);
  expect((await load()).isSignedOut('sid-1')).toBe(true);
});

it('keeps a suspension that could not be written at first over a restart', async () => {
  const rights = await load();
  await whileFull(() => rights.apply(serverIs('suspended')));
  await rights.apply(serverIs('suspended'));
  expect((await load()).suspended).toBe(true);
  await rights.apply(serverIs('ready'));
  expect((await load()).suspended).toBe(false);
});

it('shows nothing of an owner who is gone, whatever the other feed still tells of the server', async () => {
  const rights = await load();
  await rights.apply(event({ type: 'user.deleted', userId: ownerId }));
  await rights.apply(serverIs('ready'));
  expect([rights.suspended, (await load()).suspended]).toEqual([true, true]);
});
