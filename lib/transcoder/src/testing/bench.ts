import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TranscodeLine, TranscodeTask } from '@ptsdly/contract';
import { type Broker, type BrokerOptions, openBroker } from '../index.ts';

export const silent = { info: () => undefined, warn: () => undefined };

/** A broker with the folder of one server, all in a temporary folder. */
export interface Workbench extends AsyncDisposable {
  readonly broker: Broker;
  readonly root: string;
  /** The server's folder. */
  readonly folder: string;
  /** Copies a file into the server's folder. */
  put(path: string, name: string): Promise<void>;
  lines(task: TranscodeTask, options?: RunOptions): AsyncIterable<TranscodeLine>;
  /** The last line of a task's answer. */
  last(task: TranscodeTask, options?: RunOptions): Promise<TranscodeLine | undefined>;
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly serverId?: string;
}

export async function openWorkbench(options: Partial<BrokerOptions> = {}): Promise<Workbench> {
  const root = await mkdtemp(join(tmpdir(), 'transcoder-'));
  const folder = join(root, 'server-1');
  await mkdir(folder);
  const broker = openBroker({ scratch: join(root, '.transcode'), log: silent, ...options });
  const lines = (task: TranscodeTask, { signal, serverId = 'server-1' }: RunOptions = {}) =>
    broker.run({ serverId, folder, task, signal: signal ?? new AbortController().signal });
  return {
    ...{ broker, root, folder, lines },
    put: (path, name) => copyFile(path, join(folder, name)),
    async last(task, options) {
      let last: TranscodeLine | undefined;
      for await (const line of lines(task, options)) last = line;
      return last;
    },
    async [Symbol.asyncDispose]() {
      await broker.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Processes whose command line has `part` in it, by the kernel's word (proc(5)). */
export function processesWith(part: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && commandLine(pid).includes(part));
}

function commandLine(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return ''; // it has just ended
  }
}
