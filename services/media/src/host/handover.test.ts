import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MediaConfig, Problem } from '@ptsdly/contract';
import { type Listener, listen } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHost, type StandInHost } from '../testing/host.ts';
import { bundleProgram } from '../testing/process.ts';
import { BASE, createConfig, OWNER, SERVER } from '../testing/server.ts';

const CONTROL_TOKEN = 'a token of this server';
let folder: string;
let host: StandInHost;
let control: Listener;
/** What was shown at the control API, each once. */
const shown = new Set<string | undefined>();
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'media-'));
  await bundleProgram(join(folder, 'media.mjs'));
  host = await createHost({ serverId: SERVER, ownerId: OWNER, folder: join(folder, 'data') });
  const guarded: typeof host.fetch = async (request) => {
    const token = request.headers.get('authorization') ?? undefined;
    shown.add(token);
    if (token !== `Bearer ${CONTROL_TOKEN}`) return new Problem('unauthenticated').toResponse('');
    return host.fetch(request);
  };
  control = await listen({ fetch: guarded }, { drainMs: 100 });
});

afterEach(async () => {
  for (const child of children.splice(0)) await end(child, 'SIGKILL');
});

afterAll(async () => {
  await host.close();
  await control.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Instance {
  readonly child: ChildProcess;
  readonly url: string;
  /** It has its folder. */
  readonly up: Promise<void>;
}

/** A server as it runs on another machine: TCP, a token, a folder that it may share with the one before it. */
async function start(generation: number): Promise<Instance> {
  const { socketPath: _, ...rest } = await createConfig(join(folder, 'data'));
  const config: MediaConfig = {
    ...{ ...rest, generation, logLevel: 'info', controlAddress: control.address },
    ...{ controlToken: CONTROL_TOKEN, listen: { host: '127.0.0.1', port: 0 } },
  };
  const path = join(folder, `config-${generation}.json`);
  writeFileSync(path, JSON.stringify(config));
  const child = spawn(process.execPath, [join(folder, 'media.mjs'), path], { stdio: ['ignore', 'pipe', 2] });
  children.push(child);
  const address = Promise.withResolvers<string>();
  const up = Promise.withResolvers<void>();
  let log = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
    const found = /"address":"(http:[^"]+)"/.exec(log)?.[1];
    if (found) address.resolve(found);
    if (log.includes('media server is up')) up.resolve();
  });
  child.once('exit', () => address.reject(new Error(log)));
  return { child, url: await address.promise, up: up.promise };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

const health = async ({ url }: Instance) => (await fetch(`${url}/healthz`)).json();

const videos = async ({ url }: Instance) => {
  const headers = { authorization: `Bearer ${await host.token()}` };
  return (await fetch(`${url}${BASE}/videos`, { headers })).status;
};

test('two of a server overlap: the second is well at once, and answers what it held when the first has gone', async () => {
  const first = await start(1);
  await first.up;
  expect(await videos(first)).toBe(200);
  const second = await start(2);
  expect(await health(second)).toEqual({ serverId: SERVER, generation: 2 });
  const held = videos(second);
  expect(await videos(first)).toBe(200);
  await expect(Promise.race([second.up, videos(first)])).resolves.toBe(200);
  await end(first.child, 'SIGTERM');
  expect(await held).toBe(200);
  expect(shown).toEqual(new Set([`Bearer ${CONTROL_TOKEN}`]));
});

test('one that is killed leaves its folder to the next', async () => {
  const first = await start(1);
  await first.up;
  const second = await start(2);
  const held = videos(second);
  await end(first.child, 'SIGKILL');
  expect(await held).toBe(200);
});

test('one that stands by can be ended, and refuses what it held', async () => {
  const first = await start(1);
  await first.up;
  const second = await start(2);
  const held = videos(second);
  held.catch(() => undefined);
  await end(second.child, 'SIGTERM');
  expect(second.child.exitCode).toBe(0);
  expect(await held.catch(() => 503)).toBe(503);
  expect(await videos(first)).toBe(200);
});
