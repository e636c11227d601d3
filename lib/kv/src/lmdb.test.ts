import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { kvConformance } from './conformance.ts';
import { openKv } from './open-kv.ts';

const root = mkdtempSync(join(tmpdir(), 'ptsdly-kv-'));
let count = 0;
const newFolder = () => join(root, `store-${count++}`);
afterAll(() => rmSync(root, { recursive: true, force: true }));

kvConformance({ name: 'lmdb', newUrl: () => `lmdb:${newFolder()}`, exclusive: true });

describe('lmdb', () => {
  test('a thousand writers share few flushes', async () => {
    const kv = await openKv(`lmdb:${newFolder()}`);
    const one = await timed(() => kv.put('k', 0));
    const thousand = await timed(() =>
      Promise.all(Array.from({ length: 1000 }, (_, n) => kv.put(`k${n}`, n))),
    );
    expect(thousand).toBeLessThan(one * 500 + 500);
    await kv.close();
  });

  test('the folder is for its owner only', async () => {
    const folder = newFolder();
    const kv = await openKv(`lmdb:${folder}`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await kv.close();
  });

  test('refuses an unknown scheme, no folder, and a folder that cannot be', async () => {
    await expect(openKv('etcd:somewhere')).rejects.toThrow('no key-value driver for "etcd:"');
    await expect(openKv('lmdb:')).rejects.toThrow('needs a folder');
    await expect(openKv('lmdb:/dev/null/kv')).rejects.toThrow(/ENOTDIR/);
  });

  test('a full disk refuses writes, keeps what was acknowledged, and recovers by itself', () => {
    const script = fileURLToPath(new URL('./lmdb-full-disk.ts', import.meta.url));
    const child = spawnSync(
      'bash',
      ['-c', `ulimit -S -f 3000; exec "$0" "$1" "$2"`, process.execPath, script, newFolder()],
      {
        encoding: 'utf8',
      },
    );
    expect(JSON.parse(child.stdout)).toEqual({
      refused: true,
      kept: true,
      followersRefused: true,
      recovered: true,
    });
  });
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
