import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newDatabase } from '@ptsdly/db/testing';
import { silentLog } from '@ptsdly/kit';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MediaDatabase, openMediaDatabase } from '../database.ts';
import { Indexer } from '../indexing/indexer.ts';
import { Journal } from '../library/journal.ts';
import { Library } from '../library/library.ts';
import { originalOf } from '../library/object-names.ts';
import { openFileStorage } from '../storage/file.ts';
import { Arrivals } from './arrivals.ts';
import { Ingest } from './ingest.ts';
import { Spool } from './spool.ts';
import { SpoolWriter } from './spool-writer.ts';

let folder: string;
let db: MediaDatabase;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingest-'));
  db = await openMediaDatabase(newDatabase());
});
afterEach(async () => {
  await db.destroy();
  await rm(folder, { recursive: true });
});

it('takes an upload whose row could not be written at first, when it is tried again', async () => {
  const spool = new Spool(join(folder, 'spool'));
  const storage = await openFileStorage(join(folder, 'objects'));
  const received = (id: string) => spool.length(id);
  const playableUntil = () => null;
  const journal = new Journal({ db, onNews: () => undefined });
  const library = new Library({
    journal,
    quotaBytes: 1000,
    url: '',
    received,
    playableUntil,
    jobs: () => [],
  });
  const indexer = new Indexer(new URL('../main.ts', import.meta.url), silentLog);
  const onGrown = () => undefined;
  const arrivals = new Arrivals({ library, storage, spool, indexer, onGrown, log: silentLog });
  const ingest = new Ingest({
    ...{ library, storage, spool, indexer, arrivals, log: silentLog },
    onPlayable: () => undefined,
    onUnreadable: async () => false,
  });
  const row = await library.create({ title: 'a', fileName: 'a.mp4', fileType: 'video/mp4', size: 5 });
  const writer = new SpoolWriter(spool.file(row.id), 0);
  writer.write(Buffer.from('bytes'));
  await writer.end();

  await sql`create trigger full before update on videos begin select raise(abort, 'disk is full'); end`.execute(
    db,
  );
  await expect(ingest.finish(row)).rejects.toThrow('disk is full');
  await sql`drop trigger full`.execute(db);
  await ingest.finish(row);
  expect(await library.find(row.id)).toMatchObject({ upload: 'complete', sha256: expect.any(String) });
  await ingest.indexed(row.id);
  expect(await library.find(row.id)).toMatchObject({ processing: 'none', failure_code: expect.any(String) });
  expect(await readFile(storage.path(originalOf(row.id)), 'utf8')).toBe('bytes');

  await ingest.close();
  await indexer.close();
  await spool.close();
  await storage.close();
});
