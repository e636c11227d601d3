import { openDatabase } from '@ptsdly/db';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepHostNotes } from './host-notes.ts';
import type { HostNotes } from './hosts/host.ts';
import { type Database, migrations, type Tables } from './schema.ts';

let db: Database;
let notes: HostNotes;
beforeEach(async () => {
  db = await openDatabase<Tables>('sqlite::memory:', migrations);
  notes = keepHostNotes(db);
});
afterEach(() => db.destroy());

test('a note is replaced by whoever has read the newest version, and by nobody else', async () => {
  expect(await notes.read('one')).toBeUndefined();
  expect(await notes.write('one', 'first', 0)).toBe(true);
  expect(await notes.write('one', 'other', 0)).toBe(false);
  expect(await notes.write('one', 'second', 1)).toBe(true);
  expect(await notes.write('one', 'late', 1)).toBe(false);
  expect(await notes.read('one')).toEqual({ serverId: 'one', version: 2, content: 'second' });
  expect(await notes.list()).toHaveLength(1);
});
