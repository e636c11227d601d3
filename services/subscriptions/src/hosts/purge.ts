import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { MediaConfig } from '@ptsdly/contract';
import { HostError } from './host.ts';

const PURGE_MS = 60_000;

/**
 * Runs `<media command> purge`, which removes all objects of one server from its remote storage. Its keys go in by
 * the standard input, so that they stand in no file and no list of processes. Rejects (`retry`) when something is
 * left; it goes on from there the next time.
 */
export async function runPurge(
  mediaCommand: readonly string[],
  env: Readonly<Record<string, string>>,
  order: Pick<MediaConfig, 'storageUrl' | 'storageKeys'>,
): Promise<void> {
  const [file = '', ...argv] = mediaCommand;
  const child = spawn(file, [...argv, 'purge'], {
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
    signal: AbortSignal.timeout(PURGE_MS),
  });
  const said = text(child.stderr).catch(() => '');
  child.stdin.on('error', () => undefined); // it ended before it had read
  child.stdin.end(JSON.stringify(order));
  const [code] = await once(child, 'exit').catch((cause: Error) => {
    throw new HostError('retry', 'the remote storage could not be emptied in time', { cause });
  });
  if (code === 0) return;
  throw new HostError(
    'retry',
    `the remote storage could not be emptied: ${(await said).trim().slice(0, 300)}`,
  );
}
