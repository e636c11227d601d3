import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectMissing, type Storage } from './storage.ts';

/** What every storage driver must do. `open` gives an empty one. */
export function describeStorage(driver: string, open: (folder: string) => Promise<Storage>): void {
  describe(`storage ${driver}`, () => {
    let folder: string;
    let storage: Storage;
    const local = async (bytes: Uint8Array) => {
      const path = join(folder, randomBytes(6).toString('hex'));
      await writeFile(path, bytes);
      return path;
    };
    const collect = async (name: string, start: number, end: number) => {
      const chunks: Buffer[] = [];
      await storage.stream(name, start, end, async (chunk) => void chunks.push(Buffer.from(chunk)));
      return Buffer.concat(chunks);
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'storage-'));
      storage = await open(folder);
    });
    afterAll(async () => {
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('takes a local file over and gives its bytes back, whole and in ranges', async () => {
      const bytes = randomBytes(3_500_000);
      const path = await local(bytes);
      await storage.put('one/original', path);
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect((await storage.stat('one/original'))?.size).toBe(bytes.length);
      expect((await collect('one/original', 0, bytes.length)).equals(bytes)).toBe(true);
      expect(
        (await collect('one/original', 1_048_570, 2_097_160)).equals(bytes.subarray(1_048_570, 2_097_160)),
      ).toBe(true);
      const target = Buffer.alloc(10);
      await storage.read('one/original', 3_499_990, target);
      expect(target.equals(bytes.subarray(3_499_990))).toBe(true);
    });

    it('streams nothing for an empty range', async () => {
      await storage.put('empty', await local(Buffer.alloc(0)));
      expect(await collect('empty', 0, 0)).toHaveLength(0);
      expect((await storage.stat('empty'))?.size).toBe(0);
    });

    it('replaces an object, also for those who had read the old one', async () => {
      await storage.put('two/poster', await local(Buffer.from('old')));
      expect((await collect('two/poster', 0, 3)).toString()).toBe('old');
      await storage.put('two/poster', await local(Buffer.from('newer')));
      expect((await collect('two/poster', 0, 5)).toString()).toBe('newer');
    });

    it('rejects a read past the end and a missing object', async () => {
      await storage.put('three', await local(Buffer.from('abc')));
      await expect(storage.read('three', 1, Buffer.alloc(3))).rejects.toThrow(RangeError);
      await expect(collect('three', 0, 4)).rejects.toThrow(RangeError);
      await expect(storage.read('nothing', 0, Buffer.alloc(1))).rejects.toThrow(ObjectMissing);
      expect(await storage.stat('nothing')).toBeUndefined();
    });

    it('waits for its reader, and ends with the reader’s error', async () => {
      await storage.put('four', await local(randomBytes(4_000_000)));
      let calls = 0;
      const stop = new Error('enough');
      const reading = storage.stream('four', 0, 4_000_000, async () => {
        calls++;
        throw stop;
      });
      await expect(reading).rejects.toBe(stop);
      expect(calls).toBe(1);
    });

    it('gives many readers of one object the right bytes at once', async () => {
      const bytes = randomBytes(2_500_000);
      await storage.put('five/original', await local(bytes));
      const starts = Array.from({ length: 24 }, (_, i) => i * 50_000);
      const read = await Promise.all(
        starts.map((start) => collect('five/original', start, start + 1_200_000)),
      );
      for (const [i, start] of starts.entries()) {
        expect(read[i]?.equals(bytes.subarray(start, start + 1_200_000))).toBe(true);
      }
    });

    it('puts and removes objects of one video side by side', async () => {
      for (let i = 0; i < 30; i++) {
        await storage.put('seven/original', await local(Buffer.from('x')));
        const path = await local(Buffer.from('y'));
        await Promise.all([storage.remove('seven/original'), storage.put('seven/index', path)]);
        expect((await storage.stat('seven/index'))?.size).toBe(1);
        await storage.remove('seven/index');
      }
    });

    it('removes, twice too, and lists what is left', async () => {
      await storage.put('six/original', await local(Buffer.from('x')));
      await storage.put('six/index', await local(Buffer.from('y')));
      await storage.remove('six/original');
      await storage.remove('six/original');
      const names: string[] = [];
      for await (const name of storage.list()) names.push(name);
      expect(names).toContain('six/index');
      expect(names).not.toContain('six/original');
      await expect(collect('six/original', 0, 1)).rejects.toThrow(ObjectMissing);
    });

    it('refuses names that are not ids', async () => {
      const path = await local(Buffer.from('x'));
      for (const name of ['../x', '/etc/passwd', 'a/../b', 'a/b/c', 'A', '', 'a.b', 'a\0']) {
        await expect(storage.put(name, path)).rejects.toThrow(TypeError);
      }
    });
  });
}
