import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Bell } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { expect, test } from 'vitest';
import { resolve } from '../codes/resolve.ts';
import { onEachStore } from '../testing/each-store.ts';
import { Ledger } from './ledger.ts';

const script = fileURLToPath(new URL('../testing/links-maker.ts', import.meta.url));
/** Kills of one store, one after the other; more of them with `LAB_FULL`. */
const KILLS = process.env.LAB_FULL ? 40 : 2;
const ACKNOWLEDGED = 150;

/** Lets the process work until so much was acknowledged, kills it, and answers all that it said. */
async function killedAtWork(url: string): Promise<string[][]> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[][] = [];
  const enough = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line.split(' '));
    if (said.length === ACKNOWLEDGED) enough.resolve();
  });
  await enough.promise;
  child.kill('SIGKILL');
  await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return said;
}

onEachStore((newUrl) => {
  test('kill -9 under load: no acknowledged link is lost, and none that was revoked comes back', async () => {
    const url = newUrl();
    const said: string[][] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      said.push(...(await killedAtWork(url)));
      const kv = await openKv(url);
      const ledger = new Ledger(kv, new Bell());
      for (const [what, id = '', code = ''] of said) {
        const link = await ledger.get(id);
        const found = await resolve(kv, code);
        expect(link?.code).toBe(code);
        expect(found?.record[0]).toBe(id);
        if (what === 'revoked') expect([link?.end, found?.record[3]]).toEqual(['revoked', 'revoked']);
      }
      await kv.close();
    }
  }, 120_000);
});
