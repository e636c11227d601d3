import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mediaConfig } from '@ptsdly/contract';
import { silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mediaCommand, testFolder } from '../../testing/service.ts';
import { hostConformance } from '../conformance.ts';
import type { HostOptions, ServerSpec } from '../host.ts';
import { openHost } from '../open-host.ts';
import { placesOf } from './places.ts';
import { startTimeOf, writeNote } from './process-note.ts';

/** Processes of this machine whose command names this file; the outer end of a sandbox is none. */
function pidsNaming(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid)[0] !== 'bwrap' && commandOf(pid).includes(path))
    .map(Number);
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function optionsIn(folder: string, more: Partial<HostOptions> = {}): HostOptions {
  return {
    runFolder: join(folder, 'run'),
    mediaCommand,
    mediaEnv: { LANG: 'C.UTF-8' },
    control: () => ({ fetch: async () => new Response('control'), close: () => undefined }),
    changed: () => undefined,
    log: silentLog,
    ...more,
  };
}

hostConformance('process', async () => {
  const folder = testFolder();
  const changed: string[] = [];
  const options = optionsIn(folder.path, { changed: (id) => changed.push(id) });
  const host = await openHost(`process:${folder.path}/servers`, options);
  const pidsOf = (id: string) => pidsNaming(join(folder.path, 'servers', id, 'config.json'));
  return {
    host,
    changed,
    instances: async (id) => pidsOf(id).length,
    crash: async (id) => {
      for (const pid of pidsOf(id)) process.kill(pid, 'SIGKILL');
    },
    close: async () => {
      await host.close();
      folder.remove();
    },
  };
});

describe('the process driver', () => {
  const spec: ServerSpec = {
    serverId: 'a-server',
    ownerId: 'ann',
    generation: 1,
    slug: 'abcdefgh12',
    quotaBytes: 5000,
  };
  let folder: ReturnType<typeof testFolder>;
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(() => {
    folder = testFolder();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    folder.remove();
  });

  const open = async (more: Partial<HostOptions> = {}) => {
    const host = await openHost(`process:${folder.path}/servers`, optionsIn(folder.path, more));
    closing.push(() => host.close());
    return host;
  };
  const places = () => placesOf(`${folder.path}/servers`, `${folder.path}/run`, spec.serverId);
  const pids = () => pidsNaming(places().config);
  const isReady = (host: Awaited<ReturnType<typeof open>>) =>
    expect
      .poll(async () => (await host.observe(spec.serverId))?.state, { timeout: 15_000, interval: 10 })
      .toBe('ready');
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test('writes a configuration for its server alone, and private folders and sockets', async () => {
    const host = await open({ mediaOrigin: 'https://media.example' });
    await host.ensure(spec);
    await isReady(host);
    const { folder: own, config, socket, control, log } = places();
    expect(mediaConfig.parse(JSON.parse(readFileSync(config, 'utf8')))).toEqual({
      ...spec,
      basePath: '/m/abcdefgh12',
      hostlessSeconds: 600,
      folder: own,
      databaseUrl: `sqlite:${own}/media.db`,
      storageUrl: `file:${own}/objects`,
      socketPath: socket,
      controlAddress: `unix:${control}`,
      publicUrl: 'https://media.example',
      logLevel: 'silent',
    });
    expect([config, log, socket, control].map(modeOf)).toEqual(['600', '600', '600', '600']);
    expect([own, join(folder.path, 'run')].map(modeOf)).toEqual(['700', '700']);
  });

  test('a media server inherits nothing of the environment', async () => {
    const host = await open();
    await host.ensure(spec);
    await isReady(host);
    const environment = readFileSync(`/proc/${pids()[0]}/environ`, 'utf8').split('\0').filter(Boolean);
    const own = environment.filter((line) => !line.startsWith('PWD='));
    expect(own.sort()).toEqual([`HOME=${places().folder}`, 'LANG=C.UTF-8']);
  });

  test('a run folder whose sockets would have too long a path is refused in one sentence', async () => {
    const runFolder = join(folder.path, 'x'.repeat(80));
    await expect(open({ runFolder })).rejects.toThrow(/too long for Unix sockets: \d+ bytes, at most 76/);
    expect(existsSync(runFolder)).toBe(false);
  });

  test('an id that is no folder name is refused', async () => {
    const host = await open();
    await expect(host.ensure({ ...spec, serverId: '../elsewhere' })).rejects.toMatchObject({ kind: 'stop' });
    expect(existsSync(join(folder.path, 'elsewhere'))).toBe(false);
  });

  test('an unknown scheme is refused', async () => {
    await expect(openHost('moon:base', optionsIn(folder.path))).rejects.toThrow('no host driver for "moon:"');
  });

  test('a command that is not there cannot be helped by trying again', async () => {
    const host = await open({ mediaCommand: [join(folder.path, 'no-such-command')] });
    await expect(host.ensure(spec)).rejects.toMatchObject({ kind: 'stop', message: /cannot be started/ });
    expect(existsSync(places().control)).toBe(false);
  });

  test('a server that ends again and again is started anew, with pauses', async () => {
    const starts = join(places().folder, 'starts');
    const host = await open({ mediaCommand: ['/bin/sh', '-c', `echo again >> ${starts}; exit 3`] });
    await host.ensure(spec);
    const count = () => (existsSync(starts) ? readFileSync(starts, 'utf8').split('\n').length - 1 : 0);
    const begun = performance.now();
    await expect.poll(count, { timeout: 10_000, interval: 20 }).toBe(3);
    expect(performance.now() - begun).toBeGreaterThan(2500); // 1 s and 2 s
    expect(await host.observe(spec.serverId)).toMatchObject({ state: 'starting', address: null });
  });

  test('a server that has not answered yet, and does not listen to SIGTERM, is ended soon', async () => {
    const host = await open({
      mediaCommand: ['/bin/sh', '-c', 'trap "" TERM; : > "$1.deaf"; while true; do sleep 0.1; done', 'sh'],
    });
    await host.ensure(spec);
    await expect.poll(() => existsSync(`${places().config}.deaf`)).toBe(true);
    await expect.poll(pids).toHaveLength(1);
    const begun = performance.now();
    await host.close();
    expect(pids()).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  /** What a control plane that was killed has noted of a process. */
  const noteFor = (pid: number, startTime = startTimeOf(pid) as number) => {
    mkdirSync(join(folder.path, 'servers/.pids'), { recursive: true });
    const known = { pid, startTime };
    writeNote(places().note, { leader: known, server: known, release: '', spec });
  };

  test('what is left of a killed control plane and does not answer is ended before the next one starts', async () => {
    const leftover = spawnSleeper();
    await once(leftover, 'spawn');
    noteFor(leftover.pid as number);
    const ended = once(leftover, 'exit');
    const host = await open();
    await host.ensure(spec);
    expect(await ended).toEqual([null, 'SIGTERM']);
    await isReady(host);
  });

  test('a process that only has the number of a former one is left alone', async () => {
    const stranger = spawnSleeper();
    await once(stranger, 'spawn');
    noteFor(stranger.pid as number, (startTimeOf(stranger.pid as number) as number) - 1);
    const host = await open();
    await host.ensure(spec);
    await isReady(host);
    expect(stranger.exitCode).toBeNull();
    expect(stranger.signalCode).toBeNull();
  });

  test('data outlives the host: another one finds the server stopped and starts it', async () => {
    const first = await open();
    await first.ensure(spec);
    await isReady(first);
    writeFileSync(join(places().folder, 'precious'), 'kept');
    await first.close();
    const second = await open();
    expect(await second.list()).toMatchObject([{ serverId: 'a-server', state: 'stopped', generation: 0 }]);
    await second.ensure({ ...spec, generation: 2 });
    await isReady(second);
    expect(readFileSync(join(places().folder, 'precious'), 'utf8')).toBe('kept');
  });

  function spawnSleeper(): ChildProcess {
    const child = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
    closing.push(async () => child.kill('SIGKILL'));
    return child;
  }
});
