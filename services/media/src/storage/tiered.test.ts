import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeS3, startFakeS3 } from '../testing/s3.ts';
import { eventually } from '../testing/server.ts';
import { openStorage } from './open.ts';
import type { LocalStorage } from './storage.ts';

const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };

let fake: FakeS3;
let folder: string;
let storage: LocalStorage;
let home = 0;

const local = () => `file:${join(folder, 'objects')}`;
const open = async (url: string, former?: string) => {
  storage = await openStorage({ url, former, keys, folder, log: silentLog, onHome: async () => void home++ });
};
const put = async (name: string, bytes: Uint8Array) => {
  const path = join(folder, randomBytes(6).toString('hex'));
  await writeFile(path, bytes);
  await storage.put(name, path);
};
const read = async (name: string, length: number, offset = 0) => {
  const target = Buffer.alloc(length);
  await storage.read(name, offset, target);
  return target;
};
/** NaN while folders come and go. */
const filesHere = () =>
  readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true }).then(
    (entries) => entries.filter((entry) => entry.isFile()).length,
    () => Number.NaN,
  );
const there = (name: string) => fake.objects.get(`tenant/${name}`);

beforeEach(async () => {
  fake = await startFakeS3();
  folder = await mkdtemp(join(tmpdir(), 'tiered-'));
  home = 0;
});
afterEach(async () => {
  await storage.close();
  await fake.close();
  await rm(folder, { recursive: true });
});

it('moves what is put out of the disk when it is safe in the store, and keeps the index at hand', async () => {
  await open(fake.url);
  const original = randomBytes(100_000);
  await put('v/original', original);
  await put('v/index', Buffer.from('index'));
  await eventually(async () => (await filesHere()) === 0);
  expect(there('v/original')?.equals(original)).toBe(true);
  expect(there('v/index')?.toString()).toBe('index');
  fake.requests.length = 0;
  expect((await read('v/index', 5)).toString()).toBe('index');
  expect((await storage.stat('v/index'))?.size).toBe(5);
  expect(fake.requests).toEqual([]);
  expect((await read('v/original', 10, 500)).equals(original.subarray(500, 510))).toBe(true);
});

it('plays and takes while the store is away, and goes on by itself', async () => {
  await fake.down();
  await open(fake.url);
  await put('v/original', Buffer.from('bytes'));
  expect((await read('v/original', 5)).toString()).toBe('bytes');
  expect((await storage.stat('v/original'))?.size).toBe(5);
  await fake.up();
  await eventually(() => there('v/original')?.toString() === 'bytes');
  await eventually(async () => (await filesHere()) === 0);
});

it('says unavailable for what lies only in a store that is away', async () => {
  await open(fake.url);
  await put('v/original', Buffer.from('bytes'));
  await eventually(async () => (await filesHere()) === 0);
  await fake.down();
  await expect(read('v/original', 5)).rejects.toMatchObject({
    code: 'unavailable',
    status: 503,
    retryAfter: 5,
  });
  await fake.up();
  expect((await read('v/original', 5)).toString()).toBe('bytes');
});

it('fetches an index back when the local folder is lost', async () => {
  await open(fake.url);
  await put('v/index', Buffer.from('index'));
  await eventually(async () => (await filesHere()) === 0);
  await storage.close();
  await rm(join(folder, 'cache'), { recursive: true });
  await open(fake.url);
  expect((await read('v/index', 5)).toString()).toBe('index');
  expect(await readFile(join(folder, 'cache/v/index'), 'utf8')).toBe('index');
});

it('sends the newest of what is put twice, and nothing of what is removed meanwhile', async () => {
  await fake.down();
  await open(fake.url);
  await put('v/poster', Buffer.from('old'));
  await put('v/poster', Buffer.from('newer'));
  await put('w/poster', Buffer.from('gone'));
  await storage.remove('w/poster');
  await fake.up();
  await eventually(() => there('v/poster')?.toString() === 'newer');
  await eventually(async () => (await filesHere()) === 0);
  expect(there('w/poster')).toBeUndefined();
  await storage.remove('v/poster');
  expect(await storage.stat('v/poster')).toBeUndefined();
  await eventually(() => there('v/poster') === undefined);
});

it('asks once for a stretch that is read in pieces, also for who comes meanwhile', async () => {
  await open(fake.url);
  const original = randomBytes(3_000_000);
  await put('v/original', original);
  await eventually(async () => (await filesHere()) === 0);
  fake.ranges.length = 0;
  await storage.expect?.('v/original', 1000, 2_000_000);
  const pieces = [1000, 500_000, 1_999_000].map((at) => read('v/original', 1000, at));
  await storage.expect?.('v/original', 200_000, 2_100_000); // the sound reaches a little further
  const sound = read('v/original', 2000, 1_999_500);
  for (const [i, at] of [1000, 500_000, 1_999_000].entries()) {
    expect((await pieces[i])?.equals(original.subarray(at, at + 1000))).toBe(true);
  }
  expect((await sound).equals(original.subarray(1_999_500, 2_001_500))).toBe(true);
  expect(fake.ranges).toEqual(['1000-2000000', '2000000-2100000']);
});

it('lends an object as a file, which stays until it is given back', async () => {
  await fake.down();
  await open(fake.url);
  await put('v/original', Buffer.from('bytes'));
  const held = await storage.hold('v/original');
  await fake.up();
  await eventually(() => there('v/original') !== undefined);
  expect(await readFile(held.path, 'utf8')).toBe('bytes');
  held.release();
  await eventually(async () => (await filesHere()) === 0);
  const [one, two] = await Promise.all([storage.hold('v/original'), storage.hold('v/original')]);
  expect(await readFile(one.path, 'utf8')).toBe('bytes');
  one.release();
  expect(await readFile(two.path, 'utf8')).toBe('bytes');
  two.release();
  await eventually(async () => (await readdir(join(folder, 'fetched'))).length === 0);
});

it('moves a folder of file: storage out, and home again, reading all the time', async () => {
  await open(local());
  const names = Array.from({ length: 40 }, (_, i) => `video-${i}/original`);
  for (const name of names) await put(name, Buffer.from(name));
  await storage.close();
  await open(fake.url, local());
  for (const name of names) expect((await read(name, name.length)).toString()).toBe(name);
  await eventually(async () => (await filesHere()) === 0);
  expect(fake.objects.size).toBe(names.length);
  await storage.close();
  await open(local(), fake.url);
  for (const name of names) expect((await read(name, name.length)).toString()).toBe(name);
  await eventually(() => fake.objects.size === 0);
  expect(await filesHere()).toBe(names.length);
  for (const name of names) expect((await read(name, name.length)).toString()).toBe(name);
});

it('does not believe a list that is behind: what it leaves out is found all the same, and leaves last', async () => {
  await open(fake.url);
  await put('v/original', Buffer.from('bytes'));
  await eventually(async () => (await filesHere()) === 0);
  await storage.close();
  fake.list = [];
  await open(local(), fake.url);
  expect((await read('v/original', 5)).toString()).toBe('bytes');
  expect(home).toBe(0);
  fake.list = ['tenant/v/original', 'tenant/gone/original'];
  await storage.close();
  await open(local(), fake.url);
  await eventually(async () => (await filesHere()) === 1);
  await eventually(() => fake.objects.size === 0);
});

it('does not list what was removed before, though the list of the store is older', async () => {
  await open(fake.url);
  await put('v/original', randomBytes(1000));
  await eventually(() => there('v/original') !== undefined);
  await storage.remove('v/original');
  fake.list = ['tenant/v/original'];
  const listed: string[] = [];
  for await (const name of storage.list()) listed.push(name); // begins before the store has removed it
  expect(listed).toEqual([]);
  await eventually(() => there('v/original') === undefined);
});
