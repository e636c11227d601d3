import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openFileStorage } from '../storage/file.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { GrowingSource } from './growing-source.ts';

const bytes = randomBytes(3_000_000);
let folder: string;
let storage: LocalStorage;
let path: string;
let source: GrowingSource;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'growing-'));
  storage = await openFileStorage(join(folder, 'objects'));
});
afterAll(async () => {
  await storage.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  const id = `video-${count++}`;
  path = join(folder, id);
  source = new GrowingSource({ file: id, size: bytes.length, path, storage });
});

const move = () => storage.put(`video-${count - 1}/original`, path);
/** Files below our folder that this process holds open. */
const held = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    const target = existsSync(`/proc/self/fd/${fd}`) ? readlinkSync(`/proc/self/fd/${fd}`) : '';
    return target.startsWith(folder);
  }).length;

it('reads what has come, and refuses what has not', async () => {
  writeFileSync(path, bytes.subarray(0, 1000));
  expect(Buffer.from(await source.read(100, 900)).equals(bytes.subarray(100, 1000))).toBe(true);
  await expect(source.read(100, 901)).rejects.toThrow(RangeError);
  appendFileSync(path, bytes.subarray(1000, 2000));
  expect(Buffer.from(await source.read(100, 1900)).equals(bytes.subarray(100, 2000))).toBe(true);
  source.close();
});

it('reads on while the file moves, and after it was let go', async () => {
  writeFileSync(path, bytes);
  const chunks: Buffer[] = [];
  await source.stream(10, bytes.length, async (chunk) => {
    chunks.push(Buffer.from(chunk));
    if (chunks.length === 1) await move();
    if (chunks.length === 2) source.close();
  });
  expect(Buffer.concat(chunks).equals(bytes.subarray(10))).toBe(true);
});

it('finds a file that has moved before anybody read it', async () => {
  writeFileSync(path, bytes);
  await move();
  expect(Buffer.from(await source.read(0, 100)).equals(bytes.subarray(0, 100))).toBe(true);
});

it('says when there is nothing at all', async () => {
  await expect(source.read(0, 1)).rejects.toMatchObject({ name: 'ObjectMissing' });
});

it.runIf(existsSync('/proc/self/fd'))('holds the file open until those who read have read', async () => {
  const before = held();
  writeFileSync(path, bytes);
  const reading = Promise.all([source.read(0, 2_000_000), source.read(500_000, 2_000_000)]);
  source.close();
  const [, second] = await reading;
  expect(Buffer.from(second).equals(bytes.subarray(500_000, 2_500_000))).toBe(true);
  await expect.poll(held).toBe(before);
});
