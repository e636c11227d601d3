import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ObjectFiles } from './object-files.ts';

const own = randomBytes(1000);
let folder: string;
let objects: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'objects-'));
  objects = join(folder, 'mine', 'objects');
  for (const [name, bytes] of [
    ['mine', own],
    ['other', Buffer.alloc(1000, 'secret of another tenant ')],
  ] as const) {
    mkdirSync(join(folder, name, 'objects', 'v'), { recursive: true });
    writeFileSync(join(folder, name, 'objects', 'v', 'original'), bytes);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a link that is swapped in and out while it is opened', async () => {
  const [link, spare] = [join(objects, 'link'), join(objects, 'spare')];
  let isOver = false;
  const swapping = (async () => {
    while (!isOver) {
      symlinkSync(join(folder, 'other', 'objects', 'v'), link);
      renameSync(join(objects, 'v'), spare);
      renameSync(link, join(objects, 'v'));
      await setImmediate();
      renameSync(join(objects, 'v'), link);
      unlinkSync(link);
      renameSync(spare, join(objects, 'v'));
      await setImmediate();
    }
  })();
  const seen = { own: 0, refused: 0 };
  for (let i = 0; i < 500; i++) {
    const files = new ObjectFiles();
    const found = await files.lend(objects, 'v/original').catch(() => undefined);
    if (found) {
      const start = Buffer.alloc(6);
      readSync(found.fd, start, 0, 6, 0);
      expect(start.equals(own.subarray(0, 6))).toBe(true);
      seen.own++;
      found.release();
    } else seen.refused++;
    files.close();
  }
  isOver = true;
  await swapping;
  expect(Math.min(seen.own, seen.refused)).toBeGreaterThan(0);
});
