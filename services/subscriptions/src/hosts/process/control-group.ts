import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** What one media server may use of its machine. */
export interface Shares {
  readonly memoryBytes: number;
  /** Processors; a fraction is allowed. */
  readonly processors: number;
  readonly processes: number;
}

export const usualShares: Shares = {
  memoryBytes: 1024 * 1024 * 1024,
  processors: Math.max(1, availableParallelism() / 2),
  processes: 256,
};

/** Makes a control group for a server: the files that take the number of a process that is to be in it. */
export interface ControlGroups {
  open(name: string): readonly string[];
  /** Removes it, once nothing is left in it. */
  remove(name: string): void;
}

interface Hierarchy {
  /** The folder of our groups there. */
  readonly root: string;
  readonly settings: Readonly<Record<string, string>>;
}

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/** Control groups of Linux, of either version (cgroups(7)); undefined where this process may not make any. */
export function openControlGroups(name: string, shares: Shares = usualShares): ControlGroups | undefined {
  const hierarchies = existsSync(join(ROOT, 'cgroup.controllers'))
    ? unified(name, shares)
    : separate(name, shares);
  const usable = hierarchies.filter(canMake);
  if (!usable.some(({ settings }) => 'memory.max' in settings || 'memory.limit_in_bytes' in settings))
    return undefined;
  const pathOf = ({ root }: Hierarchy, group: string) => join(root, group);
  return {
    open: (group) =>
      usable.map((hierarchy) => {
        const path = pathOf(hierarchy, group);
        mkdirSync(path, { recursive: true });
        configure(path, hierarchy.settings);
        return join(path, 'cgroup.procs');
      }),
    remove: (group) => {
      for (const hierarchy of usable) removeGroup(pathOf(hierarchy, group));
    },
  };
}

function unified(name: string, { memoryBytes, processors, processes }: Shares): Hierarchy[] {
  const settings = {
    'memory.max': `${memoryBytes}`,
    'cpu.max': `${Math.round(processors * PERIOD_US)} ${PERIOD_US}`,
    'pids.max': `${processes}`,
  };
  return [{ root: join(ROOT, ownGroup('') ?? '', name), settings }];
}

function separate(name: string, { memoryBytes, processors, processes }: Shares): Hierarchy[] {
  const at = (controller: string, settings: Record<string, string>) => {
    const own = ownGroup(controller);
    return own === undefined ? [] : [{ root: join(ROOT, controller, own, name), settings }];
  };
  return [
    ...at('memory', { 'memory.limit_in_bytes': `${memoryBytes}` }),
    ...at('cpu', {
      'cpu.cfs_period_us': `${PERIOD_US}`,
      'cpu.cfs_quota_us': `${Math.round(processors * PERIOD_US)}`,
    }),
    ...at('pids', { 'pids.max': `${processes}` }),
  ];
}

/** The group that this process is in, as a path below its hierarchy. */
function ownGroup(controller: string): string | undefined {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
    const parts = lines.map((line) => line.split(':'));
    return parts.find(([, names]) => (names ?? '').split(',').includes(controller))?.[2];
  } catch {
    return undefined;
  }
}

function canMake({ root, settings }: Hierarchy): boolean {
  const trial = join(root, 'trial');
  try {
    mkdirSync(trial, { recursive: true });
    if (existsSync(join(root, 'cgroup.controllers'))) delegate(root);
    configure(trial, settings);
    return true;
  } catch {
    return false;
  } finally {
    removeGroup(trial);
  }
}

/** In version 2 a group passes controllers on to those below it, level by level. */
function delegate(root: string): void {
  for (const path of [join(root, '..'), root]) {
    writeFileSync(join(path, 'cgroup.subtree_control'), '+memory +cpu +pids');
  }
}

function configure(path: string, settings: Readonly<Record<string, string>>): void {
  for (const [file, value] of Object.entries(settings)) writeFileSync(join(path, file), value);
}

function removeGroup(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // something is still in it, or it was never made
  }
}
