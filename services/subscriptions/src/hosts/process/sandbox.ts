import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Places } from './places.ts';

const run = promisify(execFile);

const NOBODY = '65534';
const TMP_BYTES = 64 * 1024 * 1024;
const SYSTEM = ['/lib', '/lib64', '/lib32', '/bin', '/sbin'];
const LIBRARIES = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/localtime'];
/** What names and certificates need, where a server reaches its storage over the network. */
const NETWORK = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/ssl', '/etc/ca-certificates'];

/** The descriptor on which bubblewrap tells which process it has started. */
export const INFO_FD = 3;

export interface SandboxOptions {
  readonly places: Pick<Places, 'folder' | 'run' | 'socket' | 'control'>;
  /** Files and folders of the program, read-only. */
  readonly reads: readonly string[];
  /** Storage or database are elsewhere. */
  readonly network: boolean;
}

/** Whether bubblewrap is here and may make a sandbox. */
export function hasBubblewrap(): Promise<boolean> {
  const [file = '', ...args] = [...walls(false), '--', 'true'];
  return run(file, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

/**
 * argv that runs `command` where it sees its own folder, the folder of its socket, its host's socket and programs:
 * as another user without capabilities, without network, without a way to other processes (bwrap(1)). It is process 1
 * there, and outlives whoever started it.
 */
export function sandboxed(command: readonly string[], { places, reads, network }: SandboxOptions): string[] {
  const own = [places.folder, dirname(places.socket)].flatMap((path) => ['--bind', path, path]);
  const host = ['--ro-bind', dirname(places.control), dirname(places.control)];
  const program = reads.flatMap((path) => ['--ro-bind', path, path]);
  const info = ['--as-pid-1', '--info-fd', `${INFO_FD}`, '--remount-ro', '/', '--chdir', places.folder];
  return [...walls(network), ...program, ...own, ...host, ...info, '--', ...command];
}

function walls(network: boolean): string[] {
  const nothing = [
    '--unshare-all',
    ...(network ? ['--share-net'] : []),
    '--unshare-user',
    '--disable-userns',
  ];
  const nobody = ['--uid', NOBODY, '--gid', NOBODY, '--cap-drop', 'ALL'];
  const system = ['--ro-bind', '/usr', '/usr', ...SYSTEM.flatMap(systemFolder)];
  const files = [...LIBRARIES, ...(network ? NETWORK : [])].flatMap((path) => ['--ro-bind-try', path, path]);
  const kernel = ['--proc', '/proc', '--dev', '/dev', '--size', `${TMP_BYTES}`, '--tmpfs', '/tmp'];
  return ['bwrap', ...nothing, ...nobody, ...system, ...files, ...kernel];
}

/** A folder of the system as it is here: on a merged /usr a link, elsewhere a folder. */
function systemFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}
