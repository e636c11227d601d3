import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningHash } from './running-hash.ts';
import { SpoolFile } from './spool-file.ts';
import { SpoolWriter } from './spool-writer.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a spool', () => {
  it('holds what was written, in order, and its hash', async () => {
    const file = new SpoolFile(join(folder, 'one'));
    const bytes = randomBytes(9_000_000);
    const writer = new SpoolWriter(file, 0);
    for (let at = 0; at < bytes.length; at += 65_521) await writer.write(bytes.subarray(at, at + 65_521));
    await writer.end();
    expect(file.length).toBe(bytes.length);
    expect(readFileSync(file.path).equals(bytes)).toBe(true);
    expect(file.hash.hex(bytes.length)).toBe(sha256(bytes));
    await file.close();
  });

  it('makes a sender wait that is faster than the disk, and no slower one', async () => {
    const file = new SpoolFile(join(folder, 'two'));
    const writer = new SpoolWriter(file, 0);
    expect(writer.write(Buffer.alloc(100))).toBeUndefined();
    const waits = Array.from({ length: 8 }, () => writer.write(Buffer.alloc(1_000_000)));
    expect(waits[0]).toBeUndefined();
    expect(waits.at(-1)).toBeInstanceOf(Promise);
    await writer.end();
    expect(file.length).toBe(8_000_100);
    await file.close();
  });

  it('says that the disk is full, and forgets a hash of bytes it does not have', async () => {
    const file = new SpoolFile('/dev/full');
    const writer = new SpoolWriter(file, 0);
    writer.write(Buffer.alloc(2_000_000));
    await expect(writer.end()).rejects.toMatchObject({ code: 'no_space', status: 507 });
    expect(writer.failed).toBe(true);
    expect(file.hash.position).toBe(0);
    await file.close();
  });

  it('takes bytes back, with their hash', async () => {
    const file = new SpoolFile(join(folder, 'three'));
    const writer = new SpoolWriter(file, 0);
    writer.write(Buffer.from('kept'));
    const mark = file.hash.mark();
    writer.write(Buffer.from(' and not kept'));
    await writer.end();
    file.hash.restore(mark);
    file.truncate(4);
    expect(readFileSync(file.path, 'utf8')).toBe('kept');
    expect(file.hash.hex(4)).toBe(sha256(Buffer.from('kept')));
    await file.close();
  });
});

describe('a running hash', () => {
  it('reads from the file what it has not seen', async () => {
    const path = join(folder, 'four');
    const bytes = randomBytes(3_000_000);
    writeFileSync(path, bytes);
    const hash = new RunningHash();
    hash.update(1000, bytes.subarray(1000, 2000)); // not the next ones
    expect(hash.position).toBe(0);
    hash.update(0, bytes.subarray(0, 1000));
    await Promise.all([hash.catchUp(path, 2_000_000), hash.catchUp(path, 2_000_000)]);
    expect(hash.position).toBe(2_000_000);
    hash.update(2_000_000, bytes.subarray(2_000_000));
    expect(hash.hex(bytes.length)).toBe(sha256(bytes));
    expect(hash.hex(bytes.length - 1)).toBeNull();
  });
});
