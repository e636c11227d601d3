import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mediaConfig } from '@ptsdly/contract';
import { reach, silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mediaCommand, testFolder } from '../../testing/service.ts';
import { FakeEngine } from '../../testing/swarm/fake-engine.ts';
import { hostConformance } from '../conformance.ts';
import type { Host, HostOptions, ServerSpec } from '../host.ts';
import { DiskFolders } from './folders.ts';
import { serviceName } from './service-spec.ts';
import { readSwarmSettings, type SwarmSettings } from './settings.ts';
import { composeSwarmHost } from './swarm-host.ts';

const settingsIn = (folder: string, more = ''): SwarmSettings =>
  readSwarmSettings(`?image=media:1&network=servers&data=${folder}${more}`);

const partsOn = (engine: FakeEngine, folder: string) => ({ engine, folders: new DiskFolders(folder) });

const options = (more: Partial<HostOptions> = {}): HostOptions => ({
  ...{ runFolder: '/nowhere', mediaCommand, mediaEnv: { LANG: 'C.UTF-8' }, log: silentLog },
  control: () => ({ fetch: async () => new Response(), close: () => undefined }),
  remoteControl: { address: 'http://control:8090', token: (id) => `token of ${id}` },
  changed: () => undefined,
  ...more,
});

hostConformance('swarm, on an engine in memory', async () => {
  const folder = testFolder();
  const engine = new FakeEngine();
  const changed: string[] = [];
  const settings = settingsIn(folder.path);
  const host = await composeSwarmHost(
    settings,
    options({ changed: (id) => changed.push(id) }),
    partsOn(engine, folder.path),
  );
  const nameOf = (id: string) => serviceName(settings.prefix, id);
  return {
    ...{ host, changed, outlives: true },
    instances: async (id) => engine.alive(nameOf(id)).length,
    crash: async (id) => engine.crash(nameOf(id)),
    reach: (address) => reach(engine.reach(address)),
    close: async () => {
      await host.close();
      engine.close();
      folder.remove();
    },
  };
});

describe('the swarm driver', () => {
  const spec: ServerSpec = {
    ...{ serverId: 'a-server', ownerId: 'ann', generation: 1, slug: 'abcdefgh12', quotaBytes: 5000 },
  };
  let folder: ReturnType<typeof testFolder>;
  let engine: FakeEngine;
  const hosts: Host[] = [];

  beforeEach(() => {
    folder = testFolder();
    engine = new FakeEngine();
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.close();
    engine.close();
    folder.remove();
  });

  const open = async (image = 'media:1', more: Partial<HostOptions> = {}) => {
    const settings = { ...settingsIn(folder.path), image };
    const host = await composeSwarmHost(settings, options(more), partsOn(engine, folder.path));
    hosts.push(host);
    return host;
  };
  const becomes = (host: Host, expected: object) =>
    expect.poll(() => host.observe(spec.serverId), { interval: 5 }).toMatchObject(expected);
  const service = async () => (await engine.services('ptsdly'))[0];

  test('a service of one task with limits, a folder of its own and its configuration as a secret', async () => {
    const host = await open();
    await host.ensure(spec);
    const { Spec } = (await service()) ?? {};
    expect(Spec).toMatchObject({
      Name: 'ptsdly-a-server',
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: { Mode: 'dnsrr' },
      TaskTemplate: {
        ContainerSpec: {
          Image: 'media:1',
          Args: ['media', '/run/secrets/media.json'],
          CapabilityDrop: ['ALL'],
          ReadOnly: true,
          Secrets: [{ File: { Name: 'media.json', Mode: 0o400 } }],
        },
        Resources: { Limits: { NanoCPUs: 1e9, MemoryBytes: 2 ** 30, Pids: 512 } },
        Networks: [{ Target: 'servers' }],
      },
    });
    expect(Spec?.TaskTemplate.ContainerSpec.Mounts[0]).toEqual({
      ...{ Type: 'bind', Source: join(folder.path, 'a-server'), Target: '/data' },
    });
    expect(JSON.stringify(Spec)).not.toContain('token of');
    expect(statSync(join(folder.path, 'a-server')).mode & 0o777).toBe(0o700);
  });

  test('new tasks start first, and are watched for longer than their health check takes to give up', async () => {
    const host = await open();
    await host.ensure(spec);
    const { UpdateConfig, RollbackConfig, TaskTemplate } = (await service())?.Spec ?? {};
    expect(UpdateConfig).toMatchObject({ Order: 'start-first', FailureAction: 'rollback' });
    expect(RollbackConfig).toMatchObject({ Order: 'start-first', FailureAction: 'pause' });
    const check = TaskTemplate?.ContainerSpec.Healthcheck as Record<
      'StartPeriod' | 'Interval' | 'Retries',
      number
    >;
    const givesUp = check.StartPeriod + check.Interval * check.Retries;
    expect(UpdateConfig?.Monitor).toBeGreaterThan(givesUp);
  });

  /** The configuration of a server, as it finds it. */
  const configured = async (more: Partial<HostOptions>, change: Partial<ServerSpec> = {}) => {
    let written = '';
    const put = engine.putSecret.bind(engine);
    engine.putSecret = async (secret) => {
      written = secret.data;
      return put(secret);
    };
    await (await open('media:1', more)).ensure({ ...spec, ...change });
    return mediaConfig.parse(JSON.parse(written));
  };

  test('its configuration says where it listens, whom it calls and with what', async () => {
    expect(await configured({ idleSeconds: 300 })).toMatchObject({
      ...{ folder: '/data', databaseUrl: 'sqlite:/data/media.db', storageUrl: 'file:/data/objects' },
      ...{ listen: { host: '0.0.0.0', port: 8080 }, controlAddress: 'http://control:8090' },
      ...{ controlToken: 'token of a-server', transcoder: { slots: 1 }, idleSeconds: 300 },
    });
  });

  test('with a role it asks for keys of its own prefix, and has none of the installation', async () => {
    const keys = { accessKeyId: 'installation', secretAccessKey: 'of all' };
    const role = '&role=arn:aws:iam::000000000000:role/media&sts=http://sts.test';
    const url = (more: string) => `s3://films/all?endpoint=http://s3.test${more}`;
    const storage = { storage: 'remote' } as const;
    const lent = await configured({ remoteStorage: { url: url(role), keys } }, storage);
    expect(lent).toMatchObject({
      storageUrl: 's3://films/all/a-server?endpoint=http%3A%2F%2Fs3.test',
      lentKeys: true,
    });
    expect(JSON.stringify(lent)).not.toMatch(/installation|of all|role|sts/);
    const shared = await configured({ remoteStorage: { url: url(''), keys } }, { ...storage, generation: 2 });
    expect(shared).toMatchObject({ storageKeys: keys });
    expect(shared.lentKeys).toBeUndefined();
  });

  test('a configuration that does not start is rolled back, the server goes on, and it is not tried for ever', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, { state: 'ready', generation: 1 });
    engine.sick.add('media:1');
    await host.ensure({ ...spec, generation: 2 });
    expect(await host.observe(spec.serverId)).toMatchObject({
      ...{ state: 'starting', generation: 2, address: 'http://tasks.ptsdly-a-server:8080' },
    });
    await becomes(host, { state: 'ready', generation: 1 });
    await expect(host.ensure({ ...spec, generation: 2 })).rejects.toMatchObject({ kind: 'retry' });
    expect(engine.alive('ptsdly-a-server')).toHaveLength(1);
  });

  test('a control plane of another release renews the servers that run, and leaves alone what sleeps', async () => {
    const first = await open();
    const two = { ...spec, serverId: 'two', slug: 'two' };
    for (const each of [spec, two]) await first.ensure(each);
    await becomes(first, { state: 'ready' });
    await first.sleep('two');
    await first.close();
    const second = await open('media:2');
    const images = async () =>
      (await engine.services('')).map(({ Spec }) => Spec.TaskTemplate.ContainerSpec.Image);
    await expect.poll(images).toEqual(['media:2', 'media:2']);
    await becomes(second, { state: 'ready' });
    expect(await second.observe('two')).toMatchObject({ state: 'asleep' });
  });

  test('after the first server that does not start with a new release no other gets it', async () => {
    const first = await open();
    for (const id of ['one', 'two', 'three']) await first.ensure({ ...spec, serverId: id, slug: id });
    const states = async () => (await first.list()).map(({ state }) => state);
    await expect.poll(states).toEqual(['ready', 'ready', 'ready']);
    engine.sick.add('media:2');
    const asked: string[] = [];
    const update = engine.updateService.bind(engine);
    engine.updateService = (id, version, wanted) => {
      asked.push(wanted.Name);
      return update(id, version, wanted);
    };
    const log: string[] = [];
    const second = await open('media:2', {
      log: { ...silentLog, error: (_: object, words: string) => log.push(words) } as never,
    });
    await expect.poll(() => log).toEqual(['a new release did not start; no more servers get it']);
    expect(asked).toHaveLength(1);
    expect((await second.list()).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
  });

  test('what ran on a node that is lost is waited for no longer', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, { state: 'ready' });
    engine.lost.add('here');
    await host.sleep(spec.serverId);
    expect(await host.observe(spec.serverId)).toMatchObject({ state: 'asleep' });
    await host.destroy(spec.serverId);
    expect(await host.list()).toEqual([]);
  });

  test('data without a service is seen, and can be brought up or removed', async () => {
    const host = await open();
    await host.ensure(spec);
    const { ID } = (await service()) ?? { ID: '' };
    await engine.removeService(ID); // by somebody's hand
    expect(await host.list()).toEqual([
      { serverId: 'a-server', generation: 0, state: 'stopped', address: null, detail: null },
    ]);
    await host.ensure({ ...spec, generation: 2 });
    await becomes(host, { state: 'ready', generation: 2 });
    await host.destroy(spec.serverId);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(await engine.secrets('')).toEqual([]);
  });

  test('an id that is no name is refused, and without an address for servers there is no host', async () => {
    const host = await open();
    for (const id of ['../a', '', '.', 'a/b', 'x'.repeat(41)]) {
      await expect(host.ensure({ ...spec, serverId: id })).rejects.toMatchObject({ kind: 'stop' });
    }
    await expect(
      composeSwarmHost(
        settingsIn(folder.path),
        options({ remoteControl: undefined }),
        partsOn(engine, folder.path),
      ),
    ).rejects.toThrow('PTSDLY_CONTROL_URL');
  });
});
