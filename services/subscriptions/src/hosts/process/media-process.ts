import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError, type ServerSpec } from '../host.ts';
import { GO } from './limits.ts';
import type { LogFile } from './log-file.ts';
import {
  endProcess,
  killGroup,
  knowProcess,
  lives,
  type ProcessNote,
  removeNote,
  signal,
  writeNote,
} from './process-note.ts';
import { INFO_FD } from './sandbox.ts';

export interface MediaCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly log: LogFile;
  /** Where the process is noted for the next control plane. */
  readonly note: string;
  readonly spec: ServerSpec;
  readonly release: string;
  /** Its argv is bubblewrap's, which tells on `INFO_FD` what it has started. */
  readonly sandboxed: boolean;
}

/** One life of a media server: from its spawn to its end. */
export interface MediaProcess {
  readonly pid: number;
  /** Resolves at its end with the reason in words. */
  readonly exited: Promise<string>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it has ended. */
  end(graceMs: number): Promise<void>;
}

const WATCH_MS = 100;

/**
 * Spawns a media server, detached and with its log in a file, so that it outlives this process: the next one finds
 * the note and adopts it. Rejects with a `HostError`.
 */
export async function spawnMedia(command: MediaCommand): Promise<MediaProcess> {
  const { argv, env, folder, spec, release, sandboxed } = command;
  const [file, ...args] = argv;
  if (!file) throw new HostError('stop', 'there is no media command');
  const child = command.log.lend((log) => {
    const stdio = ['pipe' as const, log, log, sandboxed ? ('pipe' as const) : ('ignore' as const)];
    return spawn(file, args, { cwd: folder, env, stdio, detached: true });
  });
  let note: ProcessNote | undefined;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, by) => {
      if (note) killGroup(note); // where only the outer end of the sandbox has ended
      removeNote(command.note);
      resolve(by ? `it was ended by ${by}` : `it ended with exit code ${code}`);
    });
  });
  const leader = child.pid === undefined ? undefined : knowProcess(child.pid);
  if (leader) {
    note = { leader, server: sandboxed ? null : leader, release, spec };
    writeNote(command.note, note);
  }
  child.stdin?.on('error', () => undefined); // it has ended already, or could not be started
  child.stdin?.end(`${GO}\n`); // only now: what is not noted would be lost when this process is killed
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw spawnError(cause);
  }
  child.on('error', () => undefined); // a signal that could not be sent; `exit` tells the rest
  const pid = child.pid as number;
  if (!sandboxed) return { pid, exited, end: (graceMs) => endChild(pid, note, exited, graceMs) };
  const inner = await Promise.race([innerPid(child), exited.then(() => undefined)]);
  const server = inner === undefined ? undefined : knowProcess(inner);
  if (note && server) {
    note = { ...note, server };
    writeNote(command.note, note);
  }
  return { pid: inner ?? pid, exited, end: (graceMs) => endChild(inner, note, exited, graceMs) };
}

/** A media server that an earlier control plane has started. */
export function adoptMedia(path: string, note: ProcessNote): MediaProcess | undefined {
  const { server } = note;
  if (!server || !lives(server)) return undefined;
  const exited = (async () => {
    while (lives(server)) await sleep(WATCH_MS, undefined, { ref: false });
    removeNote(path);
    return 'it ended';
  })();
  const end = async (graceMs: number) => {
    await endProcess(note, graceMs);
    await exited;
  };
  return { pid: server.pid, exited, end };
}

async function endChild(
  pid: number | undefined,
  note: ProcessNote | undefined,
  exited: Promise<string>,
  graceMs: number,
): Promise<void> {
  if (pid !== undefined) signal(pid, 'SIGTERM');
  const kill = setTimeout(() => note && killGroup(note), pid === undefined ? 0 : graceMs);
  await exited;
  clearTimeout(kill);
}

/** bubblewrap says it as JSON (`--info-fd`). Undefined when it ends before. */
async function innerPid(child: ChildProcess): Promise<number | undefined> {
  let text = '';
  const info = child.stdio[INFO_FD] as Readable;
  for await (const chunk of info.setEncoding('utf8')) text += chunk;
  const pid = Number(/"child-pid"\s*:\s*(\d+)/.exec(text)?.[1]);
  return Number.isInteger(pid) ? pid : undefined;
}

/** No memory, process slots or descriptors left is a lack of room; a command that is not there stays so. */
function spawnError(cause: unknown): HostError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(code)) {
    return new HostError('capacity', 'there is no room for another media server now', { cause });
  }
  return new HostError('stop', `the media command cannot be started (${code})`, { cause });
}
