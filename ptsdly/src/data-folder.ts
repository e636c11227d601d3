import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/** Makes the data folder. Throws ConfigError where it cannot be written. */
export function prepareData(folder: string): void {
  try {
    mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
    const probe = join(folder, 'secrets', '.probe');
    writeFileSync(probe, '');
  } catch (cause) {
    throw new ConfigError(`The data folder ${folder} cannot be written (${(cause as Error).message}).`, {
      cause,
    });
  }
}

/**
 * A secret of this installation, made at its first use and kept in the data folder (mode 0600). Services that start
 * at once all want to make it: it gets its name when it is whole, so that none reads it empty.
 */
export function keptSecret(folder: string, name: string): string {
  const file = join(folder, 'secrets', name);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8').trim();
}
