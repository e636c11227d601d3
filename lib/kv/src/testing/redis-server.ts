import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = ['redis-server', 'valkey-server'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);

/** Undefined where tests with Redis can run; otherwise the line that says why not. */
export const redisMissing =
  program === undefined ? 'skipped: there is no redis-server on this machine' : undefined;
if (redisMissing) console.warn(redisMissing);

/** A real Redis of the tests' own, on a free port, with its data in a temporary folder. */
export interface RedisServer {
  /** A store in it; another one for each prefix. */
  url(prefix: string): string;
  /** Ends it: `SIGKILL` as a crash, `SIGSTOP` as one that hangs, `SIGCONT` to let that go on. */
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again, on the same port and data. */
  start(...more: string[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts one, with every write flushed before it is acknowledged, and resolves when it takes connections. */
export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ptsdly-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    url: (prefix) => `redis://127.0.0.1:${port}/0?prefix=${prefix}`,
    async start(...more) {
      const base = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
      const args = [...base, ...durable, ...settings, ...more];
      child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await readyLine(child);
    },
    async signal(name) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ends = name === 'SIGTERM' || name === 'SIGKILL';
      const exit = ends ? once(child, 'exit') : undefined;
      child.kill(name);
      await exit;
    },
    async close() {
      await server.signal('SIGCONT');
      await server.signal('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

async function readyLine(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const said: string[] = [];
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
    said.push(line);
    if (/ready to accept connections/i.test(line)) resolve();
  });
  child.once('exit', () => reject(new Error(`redis-server ended: ${said.slice(-5).join(' ')}`)));
  await promise;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
