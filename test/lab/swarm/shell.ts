import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program to its end and resolves with what it printed. Rejects with what it said on its way out. */
export async function shell(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 64 * 1024 * 1024, timeout: 240_000 });
  return stdout.trim();
}

export const docker = (...args: string[]): Promise<string> => shell('docker', ...args);

export const works = (program: string, ...args: string[]): Promise<boolean> =>
  shell(program, ...args).then(
    () => true,
    () => false,
  );
