import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../test/product.ts';

const PATIENCE_MS = 60_000;

/** A program that runs until it is stopped; what it prints goes to a file by itself, as in service. */
export interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function start(program: string, args: readonly string[], options: StartOptions): Running {
  const log = openSync(options.logFile, 'a');
  const env = { ...process.env, ...options.env };
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', log, log] });
  closeSync(log);
  return { pid: child.pid as number, stop: () => end(child) };
}

/** Some services of the product in a process of their own. */
export function startPtsdly(services: readonly string[], options: StartOptions): Running {
  const command = ['--disable-warning=ExperimentalWarning', 'ptsdly/src/main.ts', ...services];
  return start(process.execPath, command, options);
}

/** Runs a program of ours to its end. Rejects with what it printed when it fails. */
export async function runNode(args: readonly string[]): Promise<void> {
  const command = ['--disable-warning=ExperimentalWarning', ...args];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args[0]} failed: ${said}`);
}

export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Resolves at the first answer with this status; rejects with the log when none comes. */
export async function untilAnswers(url: string, status: number, logFile: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === status) return;
    if (performance.now() > deadline) {
      throw new Error(
        `${url} does not answer ${status} (${answer?.status}): ${await readFile(logFile, 'utf8')}`,
      );
    }
    await sleep(20);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
