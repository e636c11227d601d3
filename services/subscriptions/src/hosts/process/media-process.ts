import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { HostError } from '../host.ts';
import type { LogFile } from './log-file.ts';
import { removePidFile, writePidFile } from './pid-file.ts';

export interface MediaCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly log: LogFile;
  readonly pidFile: string;
  readonly generation: number;
}

/** One life of a media server: from its spawn to its end. */
export interface MediaProcess {
  readonly pid: number;
  /** Resolves at its end with the reason in words. */
  readonly exited: Promise<string>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it has ended. */
  end(graceMs: number): Promise<void>;
}

/**
 * Spawns a media server. Its standard input is a pipe that this process holds open and never writes to: when
 * this process ends, however it ends, the pipe closes and the media server must exit by itself. That is the
 * first guard against orphans; the pid file is the second. Rejects with a `HostError`.
 */
export async function spawnMedia(command: MediaCommand): Promise<MediaProcess> {
  const [file, ...argv] = command.argv;
  if (!file) throw new HostError('stop', 'there is no media command');
  const child = command.log.lend((log) =>
    spawn(file, argv, {
      cwd: command.folder,
      env: command.env,
      stdio: ['pipe', log, log],
      detached: true, // a group of its own: Ctrl-C is for the control plane, which stops its children in order
    }),
  );
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      removePidFile(command.pidFile);
      resolve(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`);
    });
  });
  child.stdin?.on('error', () => undefined);
  if (child.pid !== undefined) writePidFile(command.pidFile, child.pid, command.generation);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw spawnError(cause);
  }
  child.on('error', () => undefined); // a signal that could not be sent; `exit` tells the rest
  return { pid: child.pid as number, exited, end: (graceMs) => end(child, exited, graceMs) };
}

async function end(child: ChildProcess, exited: Promise<string>, graceMs: number): Promise<void> {
  child.kill('SIGTERM');
  child.stdin?.end();
  const kill = setTimeout(() => killGroup(child), graceMs);
  await exited;
  clearTimeout(kill);
}

/** With what it has started itself, which would outlive it. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // it is ending, and its group with it
  }
}

/** No memory, process slots or descriptors left is a lack of room; a command that is not there stays so. */
function spawnError(cause: unknown): HostError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(code)) {
    return new HostError('capacity', 'there is no room for another media server now', { cause });
  }
  return new HostError('stop', `the media command cannot be started (${code})`, { cause });
}
