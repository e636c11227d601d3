import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Metadata, startMetadata } from './metadata.ts';

export interface MachineOptions {
  readonly instanceId: string;
  readonly privateIp: string;
  readonly zone: string;
  readonly userData: string;
  /** Its disk: what stays when it is stopped. */
  readonly disk: string;
}

/** What an instance runs on. */
export interface BootedMachine {
  readonly runs: boolean;
  stop(): Promise<void>;
  cutPower(): Promise<void>;
}

export type BootMachine = (options: MachineOptions) => Promise<BootedMachine>;

const STOP_MS = 5000;
const INFO_FD = 3;
const SYSTEM = ['/lib', '/lib64', '/lib32', '/bin', '/sbin'];
const FILES = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl', '/etc/hosts', '/etc/resolv.conf'];

/**
 * Process 1 of a machine, in the part of cloud-init: at every boot whatever stands in
 * `/var/lib/cloud/scripts/per-boot`, and after it, at the first one, the user data. Everything ends with it.
 */
const INIT = `
bye() { trap '' TERM; kill -TERM -1 2>/dev/null; while set -- /proc/[0-9]*; [ $# -gt 1 ]; do sleep 0.02; done; exit 0; }
trap bye TERM
run() { "$@" & wait $!; }
cloud=/var/lib/cloud
mkdir -p $cloud/scripts/per-boot
for script in $cloud/scripts/per-boot/*; do [ -x "$script" ] && run "$script"; done
if [ ! -e $cloud/booted ]; then : > $cloud/booted; chmod 700 $cloud/user-data; run $cloud/user-data; fi
while :; do run sleep 1000; done
`;

/** An instance that runs: a sandbox with a disk of its own, root inside, nobody outside. */
export class Machine implements BootedMachine {
  readonly #child: ChildProcess;
  readonly #metadata: Metadata;
  /** Its process 1, as the machine outside knows it. */
  readonly #init: number;
  readonly #exited: Promise<unknown>;

  private constructor(
    child: ChildProcess,
    { metadata, init }: { readonly metadata: Metadata; readonly init: number },
  ) {
    this.#child = child;
    this.#metadata = metadata;
    this.#init = init;
    this.#exited = once(child, 'exit');
  }

  static async boot(options: MachineOptions): Promise<Machine> {
    const { disk, instanceId, privateIp, zone, userData } = options;
    for (const folder of ['var/lib/cloud', 'root']) mkdirSync(join(disk, folder), { recursive: true });
    writeFileSync(join(disk, 'var/lib/cloud/user-data'), userData);
    const metadata = await startMetadata({
      'meta-data/instance-id': instanceId,
      'meta-data/local-ipv4': privateIp,
      'meta-data/placement/availability-zone': zone,
      'user-data': userData,
    });
    const log = openSync(join(disk, 'console.log'), 'a');
    const [file = '', ...args] = sandboxOf(disk);
    const env = {
      PATH: `/opt/node:/usr/local/bin:/usr/bin:/bin`,
      HOME: '/root',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
    };
    const child = spawn(file, [...args, '/bin/sh', '-c', INIT], { env, stdio: ['ignore', log, log, 'pipe'] });
    closeSync(log);
    await once(child, 'spawn');
    const info = await text(child.stdio[INFO_FD] as Readable);
    return new Machine(child, { metadata, init: Number(/"child-pid"\s*:\s*(\d+)/.exec(info)?.[1]) });
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Shuts it down as its operating system would; after five seconds the power goes. */
  async stop(): Promise<void> {
    if (this.runs) process.kill(this.#init, 'SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(late);
    await this.#metadata.close();
  }

  async cutPower(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    await this.#metadata.close();
  }
}

function sandboxOf(disk: string): string[] {
  const node = process.execPath;
  const walls = ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--die-with-parent'];
  const root = [
    '--uid',
    '0',
    '--gid',
    '0',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--tmpfs',
    '/run',
  ];
  const system = ['--ro-bind', '/usr', '/usr', ...SYSTEM.flatMap(systemFolder)];
  const files = FILES.flatMap((path) => ['--ro-bind-try', path, path]);
  const image = ['--ro-bind', node, `/opt/node/${basename(node)}`];
  const own = ['--bind', join(disk, 'var'), '/var', '--bind', join(disk, 'root'), '/root'];
  const info = ['--as-pid-1', '--info-fd', `${INFO_FD}`, '--chdir', '/'];
  return ['bwrap', ...walls, ...root, ...system, ...files, ...image, ...own, ...info, '--'];
}

function systemFolder(path: string): string[] {
  if (!existsSync(path)) return [];
  return lstatSync(path).isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}
