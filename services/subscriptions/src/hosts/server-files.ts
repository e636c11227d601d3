import { resolve } from 'node:path';

/** What servers of a host have on this machine, for work on it while no control plane runs. */
export interface ServerFiles {
  /** Path of a server's own database. */
  databaseOf(serverId: string): string;
  /** Stops it, where servers go on without a control plane. */
  stop(serverId: string): Promise<void>;
}

/** Undefined where servers have disks of their own elsewhere (`ec2:`). Throws one plain sentence for settings that are wrong. */
export async function openServerFiles(hostUrl: string): Promise<ServerFiles | undefined> {
  const colon = hostUrl.indexOf(':');
  const [scheme, location] = [hostUrl.slice(0, colon), hostUrl.slice(colon + 1)];
  if (scheme === 'process') return { databaseOf: fileIn(location), stop: async () => undefined };
  if (scheme === 'swarm') return filesOnSwarm(location);
  return undefined;
}

/** Their folders are where all nodes have them, and so has this one. */
async function filesOnSwarm(location: string): Promise<ServerFiles> {
  const [{ readSwarmSettings }, { openEngine }, { scaled, untilStopped }, { serviceName }] =
    await Promise.all([
      import('./swarm/settings.ts'),
      import('./swarm/docker-engine.ts'),
      import('./swarm/scale.ts'),
      import('./swarm/service-spec.ts'),
    ]);
  const { engine: where, prefix, data } = readSwarmSettings(location);
  const engine = await openEngine(where);
  return {
    databaseOf: fileIn(data),
    async stop(serverId) {
      const service = await scaled(engine, serviceName(prefix, serverId), 0);
      if (service) await untilStopped(engine, prefix, service.ID);
    },
  };
}

const fileIn = (folder: string) => (serverId: string) => resolve(folder, serverId, 'media.db');
