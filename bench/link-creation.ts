import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../test/product.ts';
import type { Measurement } from './report.ts';

const run = promisify(execFile);
const SECONDS = 4;

/** How fast links are made, each flushed to the disk before it is acknowledged: by one creator, and by 64 at once. */
export async function linkCreation(folder: string): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  for (const creators of [1, 64]) {
    const args = [
      'bench/links-creator.ts',
      join(folder, `made-${creators}`),
      String(creators),
      String(SECONDS),
    ];
    const options = { cwd: root };
    const { stdout } = await run(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...args],
      options,
    );
    const { links, seconds, processor } = JSON.parse(stdout) as Record<string, number>;
    if (!links || !seconds || !processor) throw new Error(`no link was made: ${stdout}`);
    measured.push({
      ...{ case: `created-by-${creators}`, value: links / seconds, unit: 'link/s' },
      conditions: {
        store: 'lmdb, on the disk before it is acknowledged',
        seconds: SECONDS,
        'links/cpu-s': Math.round(links / processor),
      },
    });
  }
  return measured;
}
