import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { expect, test } from 'vitest';
import { keys } from '../keys.ts';
import { Referrals } from '../statistics/referrals.ts';
import { Statistics } from '../statistics/statistics.ts';

test('when a day is over its key and the marks of its viewers are gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ptsdly-marks-'));
  const kv = await openKv(`lmdb:${folder}`);
  const statistics = new Statistics(kv, new Referrals(kv, 'http://localhost', silentLog), () => undefined);
  const viewer = { client: '192.0.2.1', userAgent: 'x', isPrivate: false };
  const visit = async (now: number) => {
    await statistics.prepare(now);
    await kv.transaction((tx) => statistics.count(tx, 'link', viewer, now));
    return { key: await kv.get(keys.dayKey), marks: await kv.scan({ prefix: keys.seen(), limit: 10 }) };
  };
  const first = await visit(Date.parse('2026-11-23T23:59:00Z'));
  expect(first.marks.map(({ key }) => key.split('/')[1])).toEqual(['2026-11-23']);
  const second = await visit(Date.parse('2026-11-24T00:01:00Z'));
  expect(second.key).not.toEqual(first.key);
  await statistics.close();
  const left = await kv.scan({ prefix: keys.seen(), limit: 10 });
  expect(left.map(({ key }) => key.split('/')[1])).toEqual(['2026-11-24']);
  expect(left[0]?.key.split('/')[3]).not.toBe(first.marks[0]?.key.split('/')[3]);
  await kv.close();
  rmSync(folder, { recursive: true });
});
