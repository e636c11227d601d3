import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HotValues } from './hot-values.ts';
import { canPeek, type Kv, type Peeks } from './kv.ts';
import { openKv } from './open-kv.ts';

const root = mkdtempSync(join(tmpdir(), 'ptsdly-peek-'));
let kv: Kv & Peeks;
beforeAll(async () => {
  const opened = await openKv(`lmdb:${join(root, 'kv')}`);
  if (!canPeek(opened)) throw new Error('lmdb offers peek');
  kv = opened;
});
afterAll(async () => {
  await kv.close();
  rmSync(root, { recursive: true, force: true });
});

test('a write that is acknowledged is seen at once, however often the old value was read meanwhile', async () => {
  for (let n = 0; n < 100; n++) {
    const writing = n % 7 === 6 ? kv.remove('k') : kv.put('k', n);
    let written = false;
    void writing.then(() => {
      written = true;
    });
    let newest = n - 1;
    while (!written) {
      for (let times = 0; times < 3; times++) {
        const seen = kv.peek<number>('k') ?? (n % 7 === 6 ? n : n - 1);
        expect(seen).toBeGreaterThanOrEqual(newest); // never back to the old one
        newest = seen;
      }
      await new Promise(setImmediate);
    }
    for (let times = 0; times < 3; times++) expect(kv.peek('k')).toBe(n % 7 === 6 ? undefined : n);
  }
});

test('keys that share a place never get each other’s value, and what is read once leaves nothing behind', () => {
  const hot = new HotValues();
  const keys = Array.from({ length: 100_000 }, (_, n) => `code/${n}`);
  for (const key of keys) hot.note(key, key);
  expect(keys.filter((key) => hot.get(key) !== undefined)).toEqual([]);
  for (const key of keys) for (let times = 0; times < 2; times++) hot.note(key, key);
  const kept = keys.filter((key) => hot.get(key) !== undefined);
  expect(kept.length).toBeGreaterThan(10_000);
  expect(kept.every((key) => hot.get(key) === key)).toBe(true);
  for (const key of keys) hot.forget(key);
  expect(keys.some((key) => hot.get(key) !== undefined)).toBe(false);
});
