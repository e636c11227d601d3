import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Client, mediaApi } from '@ptsdly/contract';
import { listen } from '@ptsdly/kit';
import { rolldown } from 'rolldown';
import { createHost, type StandInHost } from './host.ts';
import {
  caller,
  createConfig,
  eventually,
  OWNER,
  ownerClient,
  type Rig,
  SERVER,
  type SocketConfig,
} from './server.ts';

/** The program as it is shipped. */
export async function bundleProgram(file: string): Promise<void> {
  const input = new URL('../main.ts', import.meta.url).pathname;
  const bundle = await rolldown({ input, platform: 'node', external: [/^node:/], logLevel: 'warn' });
  const names = { entryFileNames: basename(file), chunkFileNames: 'media-[name].mjs' };
  await bundle.write({ dir: dirname(file), format: 'esm', ...names });
  await bundle.close();
}

/** A media server that is a process of its own, so that it can be killed. */
export interface ProcessRig extends Pick<Rig, 'call' | 'open'> {
  readonly folder: string;
  readonly config: SocketConfig;
  readonly host: StandInHost;
  readonly client: Client<typeof mediaApi>;
  readonly child: ChildProcess;
  /** What it wrote to its log so far, all starts together. */
  log(): string;
  /** Starts it, with these arguments to Node, and waits for its first answer. */
  start(nodeArgs?: readonly string[]): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function openProcessRig(
  program: string,
  change: Partial<SocketConfig> = {},
): Promise<ProcessRig> {
  const folder = await mkdtemp(join(tmpdir(), 'media-'));
  const config = await createConfig(folder, { logLevel: 'debug', ...change });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const host = await createHost({ serverId: SERVER, ownerId: OWNER, folder });
  const listener = await listen(host, { socketPath: join(folder, 'control.sock'), drainMs: 100 });
  const calls = caller(config.socketPath, () => host.token());
  let child: ChildProcess;
  let log = '';
  const rig: ProcessRig = {
    ...{ folder, config, host, ...calls },
    client: ownerClient(config.socketPath, host),
    get child() {
      return child;
    },
    log: () => log,
    async start(nodeArgs = []) {
      child = spawn(process.execPath, [...nodeArgs, program, join(folder, 'config.json')], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {},
      });
      child.stdout?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
      await eventually(() =>
        calls.call('GET', '/healthz', { open: true }).then(
          ({ status }) => status === 200,
          () => false,
        ),
      );
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async close() {
      await rig.kill();
      await host.close();
      await listener.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return rig;
}
