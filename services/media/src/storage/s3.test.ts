import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeS3, startFakeS3 } from '../testing/s3.ts';
import { describeStorage } from './conformance.ts';
import { openStorage } from './open.ts';
import { openS3Storage } from './s3/s3.ts';
import type { RemoteStorage } from './storage.ts';

const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };
const MIB = 1024 * 1024;

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

describeStorage('s3: alone', async () => openS3Storage(fake.url, { keys, log: silentLog }));
describeStorage('s3: behind the local disk', (folder) =>
  openStorage({ url: fake.url.replace('tenant', 'other'), keys, folder, log: silentLog }),
);

describe('s3: when things go wrong', () => {
  let folder: string;
  let storage: RemoteStorage;
  const file = async (bytes: Uint8Array) => {
    const path = join(folder, randomBytes(6).toString('hex'));
    await writeFile(path, bytes);
    return path;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 's3-'));
    storage = openS3Storage(fake.url, { keys, log: silentLog });
    fake.objects.clear();
    fake.requests.length = 0;
  });
  afterEach(async () => {
    await storage.close();
    await rm(folder, { recursive: true });
  });
  const large = randomBytes(20 * MIB);

  it('uploads in parts of eight mebibytes and looks at what is there before the file goes', async () => {
    const path = await file(large);
    await storage.put('v/original', path);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect(fake.objects.get('tenant/v/original')?.equals(large)).toBe(true);
    expect(fake.requests).toEqual([
      'POST create',
      ...Array.from({ length: 3 }, () => 'PUT part'),
      'POST complete',
      'HEAD object',
    ]);
  });

  it.each([
    ['SlowDown at a part', 'PUT part', { kind: 'status', status: 503, code: 'SlowDown' }],
    ['500 at the end', 'POST complete', { kind: 'status', status: 500, code: 'InternalError' }],
    ['an error under 200 at the end', 'POST complete', { kind: 'error-in-200', code: 'InternalError' }],
    ['an end whose answer is lost', 'POST complete', { kind: 'lost-answer' }],
  ] as const)('gets over %s', async (_, operation, fault) => {
    const path = await file(large);
    fake.fail(operation, fault);
    await storage.put('v/original', path);
    expect(fake.objects.get('tenant/v/original')?.equals(large)).toBe(true);
    expect(fake.uploads.size).toBe(0);
  });

  it('keeps the file, and leaves no parts behind, when the store goes on failing', async () => {
    const path = await file(large);
    fake.fail('POST complete', { kind: 'status', status: 500, code: 'InternalError' }, 3);
    await expect(storage.put('v/original', path)).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    expect((await stat(path)).size).toBe(large.length);
    expect(fake.uploads.size).toBe(0);
    await storage.put('v/original', path);
    expect(fake.objects.get('tenant/v/original')?.equals(large)).toBe(true);
  });

  it('does not take other bytes for its own', async () => {
    const path = await file(Buffer.from('hello'));
    const put = fake.objects.set.bind(fake.objects);
    fake.objects.set = (key, bytes) => put(key, bytes.subarray(1));
    await expect(storage.put('v/index', path)).rejects.toMatchObject({ code: 'unavailable' });
    fake.objects.set = put;
    expect((await stat(path)).size).toBe(5);
  });

  it('reads on where a body was cut short, without asking for anything twice', async () => {
    await storage.put('v/original', await file(large));
    fake.fail('GET object', { kind: 'cut', bytes: 5 * MIB });
    fake.ranges.length = 0;
    const target = Buffer.alloc(10 * MIB);
    await storage.read('v/original', MIB, target);
    expect(target.equals(large.subarray(MIB, 11 * MIB))).toBe(true);
    expect(fake.ranges).toHaveLength(2);
    const [, second = ''] = fake.ranges;
    expect(Number(second.split('-')[0])).toBeGreaterThan(MIB);
  });

  it('tells of a store that is away, and of one that gives nothing', async () => {
    await storage.put('v/original', await file(large));
    fake.fail('GET object', { kind: 'cut', bytes: 0 }, 3);
    const read = () => storage.read('v/original', 0, Buffer.alloc(10));
    await expect(read()).rejects.toMatchObject({ code: 'unavailable', retryAfter: 5 });
    await fake.down();
    await expect(read()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(storage.stat('v/original')).rejects.toMatchObject({ code: 'unavailable' });
    await fake.up();
    await read();
  });

  it('gives up what an earlier process has left half uploaded', async () => {
    fake.uploads.set('old', { key: 'tenant/v/original', metadata: {}, parts: new Map() });
    await storage.abandon();
    expect(fake.uploads.size).toBe(0);
  });

  it('copies out only what it once took in', async () => {
    await storage.put('v/original', await file(large));
    const path = join(folder, 'out');
    await storage.copyOut('v/original', path);
    expect((await stat(path)).size).toBe(large.length);
    const bytes = Buffer.from(large);
    bytes[12 * MIB] = (bytes[12 * MIB] ?? 0) ^ 1;
    fake.objects.set('tenant/v/original', bytes);
    await expect(storage.copyOut('v/original', join(folder, 'bad'))).rejects.toThrow('other bytes');
    expect(await readdir(folder)).toContain('out');
  });
});
