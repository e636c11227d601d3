import type { Kysely } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  appendEvent,
  appliedProgress,
  feedCursor,
  lastEvent,
  type OutboxTables,
  openDatabase,
  outboxHeadMigration,
  outboxMigration,
  pruneOutbox,
  readOutbox,
  skipEvents,
} from './index.ts';
import { newDatabase } from './testing/index.ts';

let db: Kysely<OutboxTables>;

beforeEach(async () => {
  db = await openDatabase(newDatabase(), { '1': outboxMigration, '2': outboxHeadMigration });
});
afterEach(() => db.destroy());

const append = (data: object) => db.transaction().execute((trx) => appendEvent(trx, data));
const seqs = async (after = 0) => (await readOutbox(db).read(after, 100)).map(({ seq }) => seq);

test('events are numbered in the order in which they become visible, whoever writes at once', async () => {
  const seen: number[] = [];
  const writing = Promise.all(Array.from({ length: 30 }, (_, n) => append({ n })));
  let done = false;
  void writing.then(() => {
    done = true;
  });
  while (!done) seen.push(...(await seqs(seen.at(-1) ?? 0)));
  seen.push(...(await seqs(seen.at(-1) ?? 0)));
  expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test('a fact that was taken back is not told, and a number is not given twice', async () => {
  await append({ n: 1 });
  const failing = db.transaction().execute(async (trx) => {
    await appendEvent(trx, { n: 2 });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const seq = await append({ n: 3 });
  await db.deleteFrom('outbox').execute();
  expect(await lastEvent(db)).toBe(seq);
  expect(await append({ n: 4 })).toBeGreaterThan(seq);
});

test('old events go, except what somebody who needs them has not applied', async () => {
  for (let n = 1; n <= 5; n++) await append({ n });
  const later = new Date(Date.now() + 60_000).toISOString();
  const progress = appliedProgress(db);
  expect(await pruneOutbox(db, later, ['links'])).toBe(0);
  await progress.save('links', 4);
  await progress.save('other', 2);
  expect(await pruneOutbox(db, new Date(0).toISOString(), ['links'])).toBe(0);
  expect(await pruneOutbox(db, later, ['links', 'other'])).toBe(2);
  expect(await pruneOutbox(db, later, ['links'])).toBe(2);
  expect(await seqs()).toEqual([5]);
  expect(await pruneOutbox(db, later, [])).toBe(1);
  expect(await append({ n: 6 })).toBe(6);
  expect([await progress.load('links'), await progress.load('nobody')]).toEqual([4, -1]);
});

test('numbers skip ahead after a restoration, and cursors keep their place by feed', async () => {
  await skipEvents(db, 1000);
  expect(await append({ n: 1 })).toBe(1001);
  const cursor = feedCursor(db, 'identity');
  expect(await cursor.load()).toBe(0);
  await cursor.save(41);
  await cursor.save(42);
  expect([await cursor.load(), await feedCursor(db, 'links').load()]).toEqual([42, 0]);
});
