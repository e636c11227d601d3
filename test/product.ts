import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from './ports.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const main = join(root, 'ptsdly/src/main.ts');

export type Topology = 'one process' | 'every service apart';
export const topologies: readonly Topology[] = ['one process', 'every service apart'];

const services = ['identity', 'links', 'subscriptions', 'web', 'gateway'] as const;
export type ServiceName = (typeof services)[number];

/** The real product, started as a user or an operator starts it. */
export interface Product {
  readonly url: string;
  readonly data: string;
  /** Of the one process, or of the first. */
  readonly pid: number;
  /** Where each service listens, of services that run apart. */
  readonly addresses: Readonly<Partial<Record<ServiceName, string>>>;
  /** The settings of its processes. */
  readonly env: Readonly<Record<string, string>>;
  /** What all processes printed so far. */
  log(): Promise<string>;
  /** Kills one process without warning and starts it again (`all` is the one process). */
  crash(name: ServiceName | 'all'): Promise<void>;
  /** Asks one process to stop and starts it again when it has ended; resolves when everything answers. */
  restart(name: ServiceName | 'all'): Promise<void>;
  stop(): Promise<void>;
}

export interface ProductOptions {
  readonly topology?: Topology;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the product on free ports and a new data folder; resolves when its first request is answered. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const data = await mkdtemp(join(tmpdir(), 'ptsdly-test-'));
  const ports = await freePorts(services.length);
  const port = options.env?.PORT ?? String(ports[services.indexOf('gateway')]);
  const scheme = options.env?.PTSDLY_URL?.startsWith('https:') ? 'https' : 'http';
  const url = `${scheme}://localhost:${port}`;
  const env: Record<string, string> = {
    ...(process.env as Record<string, string>),
    PORT: port,
    PTSDLY_DATA: data,
    PTSDLY_LOG: 'info',
    PTSDLY_RATE_FACTOR: '100',
    PTSDLY_DRAIN: '0',
    ...options.env,
  };
  const apart = options.topology === 'every service apart';
  const addresses: Partial<Record<ServiceName, string>> = {};
  if (apart) {
    for (const name of services) {
      if (name === 'gateway') continue;
      addresses[name] = `http://127.0.0.1:${ports[services.indexOf(name)]}`;
      env[`PTSDLY_${name.toUpperCase()}_URL`] = addresses[name];
    }
  }
  const logFile = join(data, 'test.log');
  const running = new Map<string, ChildProcess>();
  const start = (name: string) => {
    const args = ['--disable-warning=ExperimentalWarning', main, ...(name === 'all' ? [] : [name])];
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(logFile, { flags: 'a' });
    child.stdout.pipe(log);
    child.stderr.pipe(log, { end: false });
    running.set(name, child);
  };
  const names = apart ? services : ['all'];
  for (const name of names) start(name);
  const log = () => readFile(logFile, 'utf8').catch(() => '');
  const answers = () => untilAnswers(url, [...running.values()], log);
  await answers();
  return {
    url,
    data,
    get pid() {
      return running.get(names[0] as string)?.pid as number;
    },
    addresses,
    env,
    log,
    async crash(name) {
      const child = running.get(name) as ChildProcess;
      child.kill('SIGKILL');
      await once(child, 'exit');
      start(name);
      await answers();
    },
    async restart(name) {
      await end(running.get(name) as ChildProcess);
      start(name);
      await answers();
    },
    async stop() {
      await Promise.all([...running.values()].reverse().map(end));
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Every service answers through the gateway: plans from subscriptions, options from identity, a code from links. */
async function untilAnswers(
  url: string,
  processes: readonly ChildProcess[],
  log: () => Promise<string>,
): Promise<void> {
  const probes = ['/api/plans', '/api/auth/options', '/', '/111111111111'];
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (processes.some((child) => child.exitCode !== null))
      throw new Error(`a service ended:\n${await log()}`);
    const statuses = await Promise.all(probes.map((path) => status(url + path)));
    if (statuses.join() === '200,200,200,404') return;
    if (Date.now() > deadline) throw new Error(`not ready (${statuses.join()}):\n${await log()}`);
    await sleep(30);
  }
}

async function status(url: string): Promise<number> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
