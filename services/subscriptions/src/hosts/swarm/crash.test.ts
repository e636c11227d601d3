import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allRows, crashEverywhere, type World } from '../../testing/crash-matrix.ts';
import { testFolder } from '../../testing/service.ts';
import type { Stops } from '../../testing/stops.ts';
import { FakeEngine } from '../../testing/swarm/fake-engine.ts';
import type { HostOptions } from '../host.ts';
import { DiskFolders } from './folders.ts';
import { readSwarmSettings } from './settings.ts';
import { composeSwarmHost } from './swarm-host.ts';

const ENGINE = [
  ...(['service', 'services', 'createService', 'updateService', 'removeService'] as const),
  ...(['tasks', 'secrets', 'putSecret', 'removeSecret'] as const),
] as const;

/** Reads change nothing: stopped at one of them, a control plane has done what the call before it did. */
const WRITES = /^(create|update|remove|put|make)/;

async function openWorld(): Promise<World> {
  const folder = testFolder();
  const engine = new FakeEngine();
  const disk = new DiskFolders(folder.path);
  const settings = readSwarmSettings(`?image=media:1&network=servers&data=${folder.path}`);
  const remoteControl = { address: 'http://control:8090', token: (id: string) => `token of ${id}` };
  return {
    openHost: (options: HostOptions, stops: Stops) =>
      composeSwarmHost(
        settings,
        { ...options, remoteControl },
        {
          engine: stops.watch('engine', engine, ENGINE),
          folders: stops.watch('folders', disk, ['make', 'remove', 'list']),
        },
      ),
    async census() {
      const services = await engine.services('');
      const names = services.map(({ Spec }) => Spec.Name);
      const known = services.map(({ Spec }) => Spec.Labels['ly.ptsd.server'] as string);
      const secrets = (await engine.secrets('')).map(({ Spec }) => Spec.Labels['ly.ptsd.server'] as string);
      const exist = new Set([...known, ...(await disk.list()), ...secrets]).size;
      return { running: names.flatMap((name) => engine.alive(name)).length, exist };
    },
    mark: async (serverId) => writeFileSync(join(folder.path, serverId, 'mark'), serverId),
    isMarked: async (serverId) => existsSync(join(folder.path, serverId, 'mark')),
    close: async () => {
      engine.close();
      folder.remove();
    },
  };
}

/** One way to each action; the laboratory goes all of them, and stops at reads too. */
const SHORT = new Set(['create', 'upgrade', 'sleep', 'wake', 'destroy']);

test.each(allRows.filter(({ name }) => SHORT.has(name)))(
  'killed before and after each change that it makes to $name',
  async (row) => {
    const moments = await crashEverywhere({ open: openWorld, at: ({ name }) => WRITES.test(name) }, row);
    expect(moments.length).toBeGreaterThanOrEqual(2);
    expect(moments[0]).toMatch(/^before /);
  },
);
