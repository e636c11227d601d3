import { type MediaConfig, mediaConfig } from '@ptsdly/contract';
import { databaseUrlOf } from '../database-place.ts';
import {
  type Host,
  HostError,
  type HostOptions,
  type Observed,
  type RemoteControl,
  type ServerSpec,
} from '../host.ts';
import { runPurge } from '../purge.ts';
import { remoteUrl, storageOf } from '../storage-place.ts';
import { Turns } from '../turns.ts';
import { openEngine } from './docker-engine.ts';
import type { Engine, ServiceSpec, SwarmService } from './engine.ts';
import { SERVER_LABEL } from './engine.ts';
import { DiskFolders, type Folders } from './folders.ts';
import { generationOf, observedService, withoutLost } from './observation.ts';
import { Rollout } from './rollout.ts';
import { scale, scaled, TRIES, untilStopped } from './scale.ts';
import { forgetSecrets } from './secrets.ts';
import { CONTAINER_FOLDER, MEDIA_PORT, secretOf, serviceName, serviceSpec } from './service-spec.ts';
import { readSwarmSettings, type SwarmSettings } from './settings.ts';
import { Watch } from './watch.ts';

/**
 * `swarm:[<engine>]?image=…&network=…&data=…`: each media server is a service of Docker Swarm with one task, on
 * whatever node there is room; its folder lies on a file system that the nodes share. Servers outlive control planes.
 */
export async function openSwarmHost(location: string, options: HostOptions): Promise<Host> {
  const settings = readSwarmSettings(location);
  const engine = await openEngine(settings.engine);
  return composeSwarmHost(settings, options, { engine, folders: new DiskFolders(settings.data) });
}

/** What a swarm host is made on. */
export interface SwarmParts {
  readonly engine: Engine;
  readonly folders: Folders;
}

/** As `openSwarmHost`, on parts that are given. */
export async function composeSwarmHost(
  settings: SwarmSettings,
  options: HostOptions,
  parts: SwarmParts,
): Promise<Host> {
  const { remoteControl } = options;
  if (!remoteControl) {
    throw new Error('swarm: needs an address at which servers reach the control plane (PTSDLY_CONTROL_URL)');
  }
  const host = new SwarmHost(settings, { ...options, remoteControl }, parts);
  host.start();
  return host;
}

type Options = HostOptions & { readonly remoteControl: RemoteControl };

class SwarmHost implements Host {
  readonly #settings: SwarmSettings;
  readonly #options: Options;
  readonly #engine: Engine;
  readonly #folders: Folders;
  readonly #turns = new Turns();
  readonly #watch: Watch;
  readonly #rollout: Rollout;
  #closing = false;

  constructor(settings: SwarmSettings, options: Options, { engine, folders }: SwarmParts) {
    this.#settings = settings;
    this.#options = options;
    this.#engine = engine;
    this.#folders = folders;
    const { changed, log } = options;
    this.#watch = new Watch({ list: () => this.#services(), changed, log });
    this.#rollout = new Rollout({
      ...{ engine, settings, log, turns: this.#turns },
      begun: (id) => this.#watch.add(id),
    });
  }

  /** Brings servers that run another image to this one's, one after the other. */
  start(): void {
    this.#rollout.start();
  }

  ensure(spec: ServerSpec): Promise<void> {
    return this.#inTurn(spec.serverId, async () => {
      await this.#folders.make(spec.serverId);
      for (let tries = 0; tries < TRIES; tries++) {
        if (await this.#ensureOnce(spec)) return this.#watch.add(spec.serverId);
      }
      throw new HostError('retry', 'somebody else is changing this server');
    });
  }

  /** False when somebody else was faster. */
  async #ensureOnce(spec: ServerSpec): Promise<boolean> {
    const there = await this.#engine.service(this.#name(spec.serverId));
    const generation = there ? generationOf(there.Spec.Labels) : 0;
    if (generation > spec.generation) {
      throw new HostError('stop', `generation ${spec.generation} is out of date`);
    }
    if (there && generation === spec.generation) return scale(this.#engine, there, 1);
    if (there) this.#rollout.requireHope(spec);
    const wanted = await this.#specOf(spec);
    if (!there) return this.#engine.createService(wanted);
    const isTaken = await this.#engine.updateService(there.ID, there.Version.Index, wanted);
    if (isTaken) this.#rollout.note(spec);
    return isTaken;
  }

  async observe(serverId: string): Promise<Observed | null> {
    const service = await this.#engine.service(this.#name(serverId));
    if (service) {
      return observedService(service, await this.#tasks(service.ID));
    }
    return this.#folders.has(serverId) ? left(serverId) : null;
  }

  sleep(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const service = await this.#scaled(serverId, 0);
      if (service) await this.#untilStopped(service.ID);
    });
  }

  wake(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const service = await this.#scaled(serverId, 1);
      if (!service) throw new HostError('retry', 'this server is not known here; it must be ensured first');
      this.#watch.add(serverId);
    });
  }

  destroy(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const service = await this.#scaled(serverId, 0); // removed, its tasks could not be seen to end
      if (service) {
        await this.#untilStopped(service.ID);
        await this.#engine.removeService(service.ID);
      }
      await this.#purgeRemote(serverId);
      await this.#options.databases?.drop(serverId);
      await forgetSecrets(this.#engine, this.#settings.prefix, { of: serverId });
      await this.#folders.remove(serverId);
      this.#rollout.forget(serverId);
    });
  }

  async list(): Promise<Observed[]> {
    const services = await this.#services();
    const known = new Set(services.map(({ serverId }) => serverId));
    const rest = (await this.#folders.list()).filter((serverId) => !known.has(serverId));
    await forgetSecrets(this.#engine, this.#settings.prefix, { unusedFor: 600_000 });
    return [...services, ...rest.map(left)];
  }

  /** Nothing lives with this process: servers go on. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#rollout.close();
    await this.#watch.close();
    await this.#turns.settled();
  }

  #name(serverId: string): string {
    this.#folders.pathOf(serverId); // refuses what cannot be a name
    return serviceName(this.#settings.prefix, serverId);
  }

  async #services(): Promise<Observed[]> {
    const { prefix } = this.#settings;
    const [services, tasks] = [await this.#engine.services(prefix), await this.#tasks()];
    return services
      .filter(({ Spec }) => SERVER_LABEL in Spec.Labels)
      .map((service) => observedService(service, tasks));
  }

  /** Of one service, or of all. */
  async #tasks(...serviceIds: string[]) {
    return withoutLost(this.#engine, await this.#engine.tasks(this.#settings.prefix, serviceIds));
  }

  #scaled(serverId: string, replicas: 0 | 1): Promise<SwarmService | undefined> {
    return scaled(this.#engine, this.#name(serverId), replicas);
  }

  #untilStopped(serviceId: string): Promise<void> {
    return untilStopped(this.#engine, this.#settings.prefix, serviceId);
  }

  async #specOf(spec: ServerSpec): Promise<ServiceSpec> {
    const { mediaEnv } = this.#options;
    const secret = secretOf(this.#settings, await this.#configOf(spec));
    const id = await this.#engine.putSecret(secret);
    return serviceSpec({
      ...{ settings: this.#settings, spec, env: mediaEnv, user: this.#folders.user },
      secret: { id, name: secret.name },
      folder: this.#folders.pathOf(spec.serverId),
    });
  }

  async #configOf(spec: ServerSpec): Promise<MediaConfig> {
    const { mediaOrigin, idleSeconds, remoteStorage, remoteControl, databases, log } = this.#options;
    const { transcodes } = this.#settings;
    return mediaConfig.parse({
      ...spec,
      ...storageOf(spec, CONTAINER_FOLDER, remoteStorage),
      basePath: `/m/${spec.slug}`,
      folder: CONTAINER_FOLDER,
      databaseUrl: await databaseUrlOf(spec, `${CONTAINER_FOLDER}/media.db`, databases),
      listen: { host: '0.0.0.0', port: MEDIA_PORT },
      controlAddress: remoteControl.address,
      controlToken: remoteControl.token(spec.serverId),
      ...(transcodes > 0 ? { transcoder: { slots: transcodes } } : {}),
      publicUrl: mediaOrigin,
      idleSeconds,
      logLevel: mediaConfig.shape.logLevel.catch('info').parse(log.level),
    });
  }

  async #purgeRemote(serverId: string): Promise<void> {
    const { remoteStorage, mediaCommand, mediaEnv } = this.#options;
    if (!remoteStorage || !this.#folders.has(serverId)) return;
    const order = { storageUrl: remoteUrl(remoteStorage, serverId), storageKeys: remoteStorage.keys };
    await runPurge(mediaCommand, mediaEnv, order);
  }

  async #inTurn<T>(serverId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(serverId, () => {
        if (this.#closing) throw new HostError('retry', 'the host is closing');
        return work();
      });
    } catch (error) {
      throw HostError.from(error);
    }
  }
}

/** Its data is here, and nothing that could run. */
const left = (serverId: string): Observed => ({
  ...{ serverId, generation: 0, state: 'stopped', address: null, detail: null },
});
