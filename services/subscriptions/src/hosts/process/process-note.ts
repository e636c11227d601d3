import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { storagePlace } from '@ptsdly/contract';
import { z } from 'zod';

/** A process is known by its number and its start time together: numbers are used again. */
const known = z.object({
  pid: z.int().positive(),
  /** Clock ticks since boot: field 22 of /proc/<pid>/stat (proc(5)). */
  startTime: z.int(),
});
export type KnownProcess = z.infer<typeof known>;

const processNote = z.object({
  /** What was spawned: the leader of a group of its own, in a sandbox its outer end. */
  leader: known,
  /** The media server itself; null until that is known. */
  server: known.nullable(),
  /** Of the media program. */
  release: z.string(),
  spec: z.object({
    serverId: z.string(),
    ownerId: z.string(),
    generation: z.int(),
    slug: z.string(),
    quotaBytes: z.int(),
    storage: storagePlace.optional(),
  }),
});
/** What the next control plane must know of a running media server, so that it can go on with it. */
export type ProcessNote = z.infer<typeof processNote>;

const POLL_MS = 20;

export function writeNote(path: string, note: ProcessNote): void {
  const draft = `${path}.new`;
  writeFileSync(draft, JSON.stringify(note), { mode: 0o600 });
  renameSync(draft, path);
}

export function removeNote(path: string): void {
  rmSync(path, { force: true });
}

/** Undefined where there is none, or what stands there is no note of ours. */
export function readNote(path: string): ProcessNote | undefined {
  try {
    return processNote.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** As it is known from now on; undefined when it is gone already, or on a system without /proc. */
export function knowProcess(pid: number): KnownProcess | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export const lives = ({ pid, startTime }: KnownProcess): boolean => startTimeOf(pid) === startTime;

/**
 * Ends a process and its group, by SIGTERM and after `graceMs` by SIGKILL. One of the same number with another start
 * time is somebody else's and is left alone. True when there was something to end.
 */
export async function endProcess(note: ProcessNote, graceMs: number): Promise<boolean> {
  const { leader, server } = note;
  const there = () => lives(leader) || (server !== null && lives(server));
  if (!there()) return false;
  // Alone at first: the outer end of a sandbox dies of SIGTERM before what is in it has ended well.
  if (server && lives(server)) signal(server.pid, 'SIGTERM');
  const deadline = performance.now() + (server ? graceMs : 0);
  while (there() && performance.now() < deadline) await sleep(POLL_MS);
  killGroup(note);
  while (there() && performance.now() < deadline + 2000) await sleep(POLL_MS);
  return true;
}

/** SIGKILL to all that is left of it. */
export function killGroup({ leader, server }: ProcessNote): void {
  if (lives(leader)) signal(-leader.pid, 'SIGKILL');
  if (server && lives(server)) signal(server.pid, 'SIGKILL');
}

export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): boolean {
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
