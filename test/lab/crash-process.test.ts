import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { silentLog } from '@ptsdly/kit';
import { openHost } from '@ptsdly/subscriptions/host';
import { expect, test } from 'vitest';
import { allRows, openPlaneOn, type Row } from '../../services/subscriptions/src/testing/crash-matrix.ts';
import { openPeers, testFolder } from '../../services/subscriptions/src/testing/service.ts';
import { root } from '../product.ts';

const testing = join(root, 'services/subscriptions/src/testing');
const MOST = 80;

/** Media servers of this test that run; the outer end of a sandbox is none. */
function runningBelow(folder: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return command.includes(`${folder}/servers/`) && !command.startsWith('bwrap\0');
    } catch {
      return false;
    }
  }).length;
}

const serversIn = (folder: string) =>
  readdirSync(join(folder, 'servers')).filter((name) => !name.startsWith('.'));

interface Kill {
  readonly row: Row;
  readonly n: number;
}

/** Kills a real control plane (SIGKILL) at the nth moment of an action, and lets another go on. Undefined when it was over before. */
async function killedAt({ row, n }: Kill): Promise<string | undefined> {
  const folder = testFolder();
  const [armed, at] = [join(folder.path, 'armed'), join(folder.path, 'armed.at')];
  const killer = pathToFileURL(join(testing, 'kill-at.ts'));
  killer.search = new URLSearchParams([
    ['arm', armed],
    ['below', join(folder.path, 'servers')],
    ['below', join(folder.path, 'run')],
  ]).toString();
  const args = ['--import', killer.href, join(testing, 'control-plane.ts'), folder.path, row.name];
  const plane = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await says(plane, 'ready');
    const known = serversIn(folder.path);
    for (const id of known) writeFileSync(join(folder.path, 'servers', id, 'mark'), id);
    writeFileSync(armed, String(n));
    const done = Promise.race([says(plane, 'done').catch(() => undefined), once(plane, 'exit')]);
    plane.stdin?.write('go\n');
    await done;
    const moment = existsSync(at) ? readFileSync(at, 'utf8') : undefined;
    if (plane.exitCode === null && plane.signalCode === null) {
      plane.kill('SIGKILL');
      await once(plane, 'exit');
    }
    rmSync(armed);
    await recovers(folder.path, row, moment ?? 'the end', known);
    return moment;
  } finally {
    plane.kill('SIGKILL');
    folder.remove();
  }
}

async function recovers(folder: string, row: Row, moment: string, known: string[]): Promise<void> {
  const peers = await openPeers();
  const open = (options: Parameters<typeof openHost>[1]) =>
    openHost(`process:${folder}/servers`, { ...options, log: silentLog });
  const { plane, close } = await openPlaneOn(folder, peers, open);
  try {
    // The peers of a test are born anew, and so is the news of one who has left.
    if (row.states.length === 0) await plane.leave();
    const poll = { timeout: 20_000, interval: 20, message: `killed ${moment}` };
    await expect.poll(() => plane.states(), poll).toEqual(row.states);
    await expect.poll(() => runningBelow(folder), poll).toBe(row.running);
    await expect.poll(() => serversIn(folder).length, poll).toBe(row.exist);
    for (const id of row.keeps ? known : []) {
      expect(existsSync(join(folder, 'servers', id, 'mark')), `data, killed ${moment}`).toBe(true);
    }
  } finally {
    await close();
  }
  expect(runningBelow(folder)).toBe(0);
}

async function says(child: ChildProcess, word: string): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`it ended before it said "${word}"`);
  });
  ended.catch(() => undefined);
  for (;;) {
    const data = once(child.stdout as NodeJS.ReadableStream, 'data') as Promise<[Buffer]>;
    if ((await Promise.race([data, ended]))[0].toString().includes(word)) return;
  }
}

test.each(allRows)(
  'process: a control plane is killed before and after each external call to $name',
  { timeout: 900_000 },
  async (row) => {
    const moments: string[] = [];
    // All of them on request; else every fifth, others at each row.
    const step = process.env.LAB_FULL ? 1 : 5;
    const first = process.env.LAB_FULL ? 1 : 1 + (row.name.length % 5);
    for (let n = first; n < MOST; n += step) {
      const moment = await killedAt({ row, n });
      if (moment === undefined) break;
      moments.push(moment);
    }
    console.log(`${row.name}: ${moments.join(', ')}`);
    expect(moments.length).toBeGreaterThanOrEqual(row.name === 'create' ? 4 : 1);
    expect(moments.length).toBeLessThan(MOST);
  },
);
