import type Docker from 'dockerode';
import { HostError } from '../host.ts';
import {
  type Engine,
  type NewSecret,
  PREFIX_LABEL,
  type ServiceSpec,
  type SwarmSecret,
  type SwarmService,
  type SwarmTask,
} from './engine.ts';

/** The newest version that this driver was written for; an engine that is older or asks for a newer one has its way. */
const KNOWN = '1.47';
/** Swarm jobs, capabilities and limits of processes came with it. */
const OLDEST = '1.41';
const TIMEOUT_MS = 15_000;

/** The engine of a manager node, spoken to in the newest version that both know. Rejects with a `HostError`. */
export async function openEngine(where: string): Promise<Engine> {
  const { default: Client } = await import('dockerode');
  const { hostname: host, port } = where.startsWith('/') ? { hostname: '', port: '' } : new URL(where);
  const target = where.startsWith('/') ? { socketPath: where } : { host, port, protocol: 'http' as const };
  const options = { ...target, timeout: TIMEOUT_MS };
  const told = await new Client(options).version().catch(because('the Docker engine does not answer'));
  const version = negotiate(told.ApiVersion, told.MinAPIVersion);
  return new DockerEngine(new Client({ ...options, version: `v${version}` }));
}

/** `engine`, `minimum`: of the engine, as it says it. Throws `stop` where there is no version for both. */
export function negotiate(engine: string, minimum = '1.12'): string {
  if (compare(engine, OLDEST) < 0) {
    throw new HostError('stop', `the Docker engine is too old: API ${engine}, at least ${OLDEST}`);
  }
  if (compare(engine, KNOWN) <= 0) return engine;
  return compare(minimum, KNOWN) > 0 ? minimum : KNOWN;
}

function compare(a: string, b: string): number {
  const [major = 0, minor = 0] = a.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}

class DockerEngine implements Engine {
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async service(name: string): Promise<SwarmService | undefined> {
    const found = this.#docker.getService(name).inspect() as Promise<SwarmService>;
    return found.catch(unless(404)).catch(because('a service cannot be looked at'));
  }

  async services(prefix: string): Promise<SwarmService[]> {
    const filters = { label: [`${PREFIX_LABEL}=${prefix}`] };
    const found = this.#docker.listServices({ filters }) as unknown as Promise<SwarmService[]>;
    return found.catch(because('the services cannot be listed'));
  }

  async createService(spec: ServiceSpec): Promise<boolean> {
    const made = this.#docker.createService(spec as unknown as Docker.CreateServiceOptions);
    return (await made.catch(unless(409)).catch(because('a service cannot be made'))) !== undefined;
  }

  async updateService(id: string, version: number, spec: ServiceSpec): Promise<boolean> {
    try {
      await this.#docker.getService(id).update({ version, ...spec });
      return true;
    } catch (error) {
      // The engine has no status of its own for it.
      if (/out of sequence/.test((error as Error).message)) return false;
      return because('a service cannot be changed')(error);
    }
  }

  async removeService(id: string): Promise<void> {
    const removed = this.#docker.getService(id).remove() as Promise<unknown>;
    await removed.catch(unless(404)).catch(because('a service cannot be removed'));
  }

  async tasks(prefix: string, serviceIds: readonly string[] = []): Promise<SwarmTask[]> {
    const filters = serviceIds.length > 0 ? { service: [...serviceIds] } : {};
    const found: SwarmTask[] = await this.#docker
      .listTasks({ filters: JSON.stringify(filters) })
      .catch(unless(404)) // some engines say so where one of the services is gone
      .then((tasks) => tasks ?? [])
      .catch(because('the tasks cannot be listed'));
    return found.filter(({ Spec }) => Spec.ContainerSpec?.Labels?.[PREFIX_LABEL] === prefix);
  }

  async secrets(prefix: string): Promise<SwarmSecret[]> {
    const filters = { label: [`${PREFIX_LABEL}=${prefix}`] };
    const found = this.#docker.listSecrets({ filters }) as unknown as Promise<SwarmSecret[]>;
    return found.catch(because('the secrets cannot be listed'));
  }

  async putSecret({ name, labels, data }: NewSecret): Promise<string> {
    const Data = Buffer.from(data).toString('base64');
    const made = (await this.#docker
      .createSecret({ Name: name, Labels: { ...labels }, Data } as never)
      .catch(unless(409))
      .catch(because('a secret cannot be made'))) as { id?: string; ID?: string } | undefined;
    const id = made?.id ?? made?.ID;
    if (id !== undefined) return id;
    const filters = { name: [name] };
    const found = (await this.#docker
      .listSecrets({ filters })
      .catch(because('the secrets cannot be listed'))) as unknown as SwarmSecret[];
    const there = found.find(({ Spec }) => Spec.Name === name);
    if (!there) throw new HostError('retry', 'a secret was removed while it was looked for');
    return there.ID;
  }

  async removeSecret(id: string): Promise<void> {
    const removed = this.#docker.getSecret(id).remove() as Promise<unknown>;
    await removed.catch(unless(404, 400)).catch(because('a secret cannot be removed'));
  }
}

/** Takes answers of these statuses as none. */
function unless(...statuses: number[]): (error: unknown) => undefined {
  return (error) => {
    if (statuses.includes((error as { statusCode?: number }).statusCode ?? 0)) return undefined;
    throw error;
  };
}

/** Requests that the engine finds wrong stay wrong; everything else may pass. Never with what was sent. */
function because(sentence: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof HostError) throw error;
    const { statusCode, message, code } = error as { statusCode?: number; message?: string; code?: string };
    const reason = statusCode === undefined ? (code ?? 'no answer') : (message ?? '').slice(0, 200);
    const kind = statusCode === 400 || statusCode === 404 ? 'stop' : 'retry';
    throw new HostError(kind, `${sentence}: ${reason}`);
  };
}
