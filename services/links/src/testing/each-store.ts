import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kv } from '@ptsdly/kv';
import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { keys } from '../keys.ts';

/** Registers tests once for each store that links can stand on; `newUrl` names an empty one, new each time. */
export function onEachStore(tests: (newUrl: () => string) => void): void {
  describe('on lmdb', () => {
    let folder: string;
    let count = 0;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'ptsdly-links-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    tests(() => `lmdb:${join(folder, `kv-${count++}`)}`);
  });

  describe.skipIf(redisMissing)('on redis', () => {
    let server: RedisServer;
    let count = 0;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server.close());
    tests(() => server.url(`kv-${count++}`));
  });
}

/** As when a process has been dead for a while. */
export async function leasesEnd(kv: Kv): Promise<void> {
  for (const { key, value } of await kv.scan<object>({ prefix: keys.clickWriters, limit: 100 })) {
    await kv.put(key, { ...value, until: 0 });
  }
}
