import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Bounds } from './bounds.ts';

const run = promisify(execFile);

/** What a process is given to work on, as paths of the machine. */
export interface Room {
  readonly input: string;
  readonly output: string;
}

/** A way to run one program on one room. */
export interface Sandbox {
  /** `bubblewrap`, or `limits`: only the limits of the system, on the machine's own file system. */
  readonly kind: 'bubblewrap' | 'limits';
  /** argv that runs `command`, and the room as that command sees it. */
  wrap(program: string, room: Room): { readonly argv: readonly string[]; readonly inside: Room };
}

/** Everything that a program inside may see of the surroundings. */
export const environment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/',
  // Each thread would reserve 64 MB of address space (glibc, mallopt(3)), which is limited.
  MALLOC_ARENA_MAX: '2',
};

const NOBODY = '65534';
const TMP_BYTES = 16 * 1024 * 1024;
const SYSTEM = ['/lib', '/lib64', '/lib32', '/bin', '/sbin'];
const LIBRARIES = ['/etc/alternatives', '/etc/ld.so.cache'];
const inside: Room = { input: '/input', output: '/output' };

/**
 * Bubblewrap where this machine has it and it works: no network, no capabilities, another user, and of the file
 * system only programs (read-only), the input (read-only) and the output folder. Else the plain limits.
 */
export async function openSandbox(devices: readonly string[], programs: readonly string[]): Promise<Sandbox> {
  const sandbox = bubblewrap(devices, programs);
  const { argv } = sandbox.wrap('true', { input: '/dev/null', output: '/tmp' });
  const [file = '', ...args] = argv;
  const works = await run(file, args, { env: environment, timeout: 10_000 }).then(
    () => true,
    () => false,
  );
  return works ? sandbox : plain(await has('setpriv', '--pdeathsig', 'KILL', 'true'));
}

function bubblewrap(devices: readonly string[], programs: readonly string[]): Sandbox {
  const nothing = ['--unshare-all', '--unshare-user', '--disable-userns', '--cap-drop', 'ALL'];
  const somebody = ['--uid', NOBODY, '--gid', NOBODY, '--die-with-parent', '--clearenv'];
  const settings = Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]);
  const system = ['--ro-bind', '/usr', '/usr', ...SYSTEM.flatMap(systemFolder)];
  const libraries = LIBRARIES.flatMap((path) => ['--ro-bind-try', path, path]);
  const own = programs.flatMap(programFolder);
  const kernel = ['--proc', '/proc', '--dev', '/dev', '--size', `${TMP_BYTES}`, '--tmpfs', '/tmp'];
  const hardware = devices.flatMap((path) => ['--dev-bind-try', path, path]);
  const before = [
    ...nothing,
    ...somebody,
    ...settings,
    ...system,
    ...libraries,
    ...own,
    ...kernel,
    ...hardware,
  ];
  return {
    kind: 'bubblewrap',
    wrap: (program, room) => {
      const input = ['--ro-bind', room.input, inside.input];
      const output = ['--bind', room.output, inside.output, '--remount-ro', '/', '--chdir', inside.output];
      return { argv: ['bwrap', ...before, ...input, ...output, '--', program], inside };
    },
  };
}

/** A folder of the system as it is here: on a merged /usr a link, elsewhere a folder. */
function systemFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}

/** The folder of a program that was installed elsewhere. */
function programFolder(program: string): string[] {
  if (!program.startsWith('/') || program.startsWith('/usr/') || !existsSync(program)) return [];
  const folders = new Set([dirname(program), dirname(realpathSync(program))]);
  return [...folders].filter((path) => path !== '/').flatMap((path) => ['--ro-bind', path, path]);
}

/** `tied`: the program can be made to end with its parent (setpriv, Linux). */
function plain(tied: boolean): Sandbox {
  const prefix = tied ? ['setpriv', '--pdeathsig', 'KILL', '--no-new-privs'] : [];
  return { kind: 'limits', wrap: (program, room) => ({ argv: [...prefix, program], inside: room }) };
}

function has(program: string, ...args: string[]): Promise<boolean> {
  return run(program, args, { env: environment, timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

/** Sets the limits of POSIX shells for itself, then becomes `argv`. 512 bytes are a block there (POSIX, ulimit). */
export function limited(
  argv: readonly string[],
  niceness: number,
  bounds: Bounds,
  threads: number,
): string[] {
  const { seconds, fileBytes, memoryBytes } = bounds;
  const processorSeconds = Math.ceil(seconds * threads);
  const limits = [
    'ulimit -c 0',
    'ulimit -n 256',
    `ulimit -f ${Math.ceil(fileBytes / 512)}`,
    // The hard limit kills without a word of why (setrlimit(2)), so it stands a little further away.
    `ulimit -H -t ${processorSeconds + 5}`,
    `ulimit -S -t ${processorSeconds}`,
    ...(memoryBytes === null ? [] : [`ulimit -v ${Math.ceil(memoryBytes / 1024)} 2>/dev/null || :`]),
  ];
  return ['/bin/sh', '-c', `${limits.join('; ')}; exec nice -n ${niceness} "$@"`, 'sh', ...argv];
}
