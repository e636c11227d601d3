import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the kernel counts processor time in; the same on every Linux (USER_HZ, time(7)). */
const TICKS_A_SECOND = 100;

/**
 * Seconds of processor time that processes have used so far, user and system, with all their threads (fields 14
 * and 15 of /proc/<pid>/stat, proc(5)). Rejects when one of them is gone.
 */
export async function processorSeconds(pids: readonly number[]): Promise<number> {
  const ticks = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((cause: unknown) => {
        throw new Error(`process ${pid} has ended while it was measured`, { cause });
      });
      // The name of the program may hold spaces; the fields behind it are counted from its closing bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    }),
  );
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND;
}

/** Bytes of memory that are a process's own, shared pages divided among those who share them (PSS). */
export const proportionalMemory = (pid: number): Promise<number> => rollup(pid, 'Pss');

/** The same without the pages of files, which the kernel takes back when it needs them. */
export const anonymousMemory = (pid: number): Promise<number> => rollup(pid, 'Pss_Anon');

async function rollup(pid: number, field: string): Promise<number> {
  const sums = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(sums)?.[1]) * 1024;
}

/** Bytes of memory that a process has had at most (VmHWM, proc(5)). */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

interface Note {
  readonly server: { readonly pid: number } | null;
}

/** The one media server of a product that keeps its data there; 0 while none runs. Its host notes each in a file. */
export async function mediaPid(data: string): Promise<number> {
  const folder = join(data, 'servers', '.pids');
  const [name = ''] = await readdir(folder);
  return (JSON.parse(await readFile(join(folder, name), 'utf8')) as Note).server?.pid ?? 0;
}
