import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreBackup } from '@ptsdly/kv';
import { afterAll, expect, test } from 'vitest';
import { neighbourhood, problemOf, targetOf } from './testing/stand-ins.ts';

const folder = mkdtempSync(join(tmpdir(), 'ptsdly-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a copy made while links are made and opened comes back whole; a store in use is left alone', async () => {
  const kvUrl = `lmdb:${join(folder, 'kv')}`;
  const here = await neighbourhood({ kvUrl });
  const ann = await here.as('ann');
  const kept = await ann.createLink({ body: { ...targetOf('ann'), alias: 'kept-one' } });
  const busy = Promise.all(
    Array.from({ length: 40 }, (_, n) => ann.createLink({ body: { ...targetOf('ann'), label: `${n}` } })),
  );
  const copy = join(folder, 'copy');
  await here.internal().backUp({ body: { folder: copy } });
  expect(await problemOf(here.internal().backUp({ body: { folder: copy } }))).toBe('conflict');
  expect(await problemOf(here.internal().backUp({ body: { folder: '/dev/null/x' } }))).toBe('unavailable');
  await busy;
  const late = await ann.createLink({ body: targetOf('ann') });
  await expect(restoreBackup(kvUrl, copy)).rejects.toThrow('in use');
  const lastBefore = (await here.internal().events({ query: {} })).next;
  await here.service.close();
  const before = await restoreBackup(kvUrl, copy);
  expect(before).toMatch(/before-.*\.mdb$/);
  const again = await neighbourhood({ kvUrl });
  const annAgain = await again.as('ann');
  const linksNow = (await annAgain.listLinks({ query: { limit: 200 } })).items;
  expect(linksNow.map(({ id }) => id)).toContain(kept.id);
  expect(linksNow.map(({ id }) => id)).not.toContain(late.id);
  await annAgain.revokeLink({ params: { id: kept.id } });
  const news = await again.internal().events({ query: { after: lastBefore } });
  expect(news.items.at(-1)?.data).toMatchObject({ type: 'link.changed', linkId: kept.id });
  await expect(restoreBackup(kvUrl, join(folder, 'none'))).rejects.toThrow('is no backup');
  await again.close();
});
