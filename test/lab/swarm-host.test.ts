import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Peer, silentLog } from '@ptsdly/kit';
import { hostConformance } from '@ptsdly/subscriptions/conformance';
import { openHost } from '@ptsdly/subscriptions/host';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasDocker } from './swarm/docker.ts';
import { IMAGE, importImages } from './swarm/image.ts';
import { type Lab, openLab } from './swarm/nodes.ts';
import { openProbe } from './swarm/probe.ts';

const READY_MS = 40_000;

describe.skipIf(!(await hasDocker()))('a real Docker Swarm of two nodes', () => {
  let lab: Lab;
  let reach: (address: string) => Peer;
  beforeAll(async () => {
    lab = await openLab('a', 'b');
    await lab.manager.docker('network', 'create', '--driver', 'overlay', '--attachable', 'servers');
    await importImages(lab);
    reach = await openProbe(lab.manager, 'servers');
  });
  afterAll(() => lab?.close());

  /** Ids of the containers in which tasks of a service run, with the node of each. */
  const containersOf = async (service: string) => {
    const found = lab.nodes.map(async (node) => {
      const label = `label=com.docker.swarm.service.name=${service}`;
      const ids = await node.docker('ps', '-q', '--filter', label);
      return ids
        .split('\n')
        .filter(Boolean)
        .map((id) => ({ node, id }));
    });
    return (await Promise.all(found)).flat();
  };

  hostConformance(
    'swarm',
    async () => {
      const prefix = `lab-${randomUUID().slice(0, 8)}`;
      const data = join(lab.folder, prefix);
      await mkdir(data);
      const changed: string[] = [];
      const query = new URLSearchParams({ image: IMAGE, network: 'servers', prefix, data, cpus: '0.5' });
      const host = await openHost(`swarm:${lab.manager.socket}?${query}`, {
        ...{ runFolder: '/nowhere', mediaCommand: [], mediaEnv: {}, log: silentLog },
        control: () => ({ fetch: async () => new Response(), close: () => undefined }),
        remoteControl: { address: `http://${lab.hostIp}:9`, token: (id) => `token of ${id}` },
        changed: (id) => changed.push(id),
      });
      return {
        ...{ host, changed, reach, outlives: true },
        instances: async (id) => (await containersOf(`${prefix}-${id}`)).length,
        crash: async (id) => {
          for (const { node, id: container } of await containersOf(`${prefix}-${id}`)) {
            await node.docker('kill', '-s', 'KILL', container);
          }
        },
        close: async () => {
          await host.close();
          const names = await lab.manager.docker('service', 'ls', '-q', '--filter', `name=${prefix}`);
          for (const name of names.split('\n').filter(Boolean))
            await lab.manager.docker('service', 'rm', name);
        },
      };
    },
    READY_MS,
  );
});
