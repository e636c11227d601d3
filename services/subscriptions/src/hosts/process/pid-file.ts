import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A process is known by its number and its start time together: numbers are used again. */
const pidFile = z.object({
  pid: z.int().positive(),
  /** Clock ticks since boot: field 22 of /proc/<pid>/stat (proc(5)). */
  startTime: z.int(),
  generation: z.int(),
});

const POLL_MS = 20;

/** Notes a child at once, so that the next control plane finds it if this one dies. */
export function writePidFile(path: string, pid: number, generation: number): void {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) return; // gone already, or a system without /proc: nothing to find again
  writeFileSync(path, JSON.stringify({ pid, startTime, generation }), { mode: 0o600 });
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/**
 * Ends the process that a pid file names, by SIGTERM and after `graceMs` by SIGKILL, and removes the file.
 * A process of the same number with another start time is somebody else's and is left alone.
 */
export async function endLeftover(path: string, graceMs: number): Promise<boolean> {
  const noted = readPidFile(path);
  let ended = false;
  if (noted) {
    const lives = () => startTimeOf(noted.pid) === noted.startTime;
    ended = lives() && signal(noted.pid, 'SIGTERM');
    const deadline = performance.now() + graceMs;
    while (lives() && performance.now() < deadline) await sleep(POLL_MS);
    if (lives()) signal(noted.pid, 'SIGKILL');
    while (lives() && performance.now() < deadline + graceMs) await sleep(POLL_MS);
  }
  removePidFile(path);
  return ended;
}

function readPidFile(path: string): z.infer<typeof pidFile> | undefined {
  try {
    return pidFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // none, or cut off by a crash while it was written
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // it ended in between
  }
}

/** Undefined when there is no such process, or only its unreaped rest. */
export function startTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}
