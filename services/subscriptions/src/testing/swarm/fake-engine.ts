import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  Engine,
  NewSecret,
  ServiceSpec,
  SwarmSecret,
  SwarmService,
  SwarmTask,
} from '../../hosts/swarm/engine.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Task = Mutable<SwarmTask>;
type Service = Mutable<SwarmService>;

/** How soon a task that ended is replaced, and a roll-out that failed is given up. */
const MOMENT_MS = 30;

/**
 * Swarm in memory, as far as a host sees it: versions that must match, tasks that take their time, new ones before
 * old ones go, roll-back of an image that does not start. What a task runs is a listener that answers for itself.
 */
export class FakeEngine implements Engine {
  readonly #services = new Map<string, Service>();
  readonly #tasks = new Map<string, Task>();
  readonly #secrets = new Map<string, SwarmSecret & { readonly data: string }>();
  readonly #listeners = new Map<string, Server>();
  /** Images whose tasks never become well. */
  readonly sick = new Set<string>();
  #count = 0;

  async service(name: string): Promise<SwarmService | undefined> {
    return structuredClone([...this.#services.values()].find(({ Spec }) => Spec.Name === name));
  }

  async services(_prefix: string): Promise<SwarmService[]> {
    return structuredClone([...this.#services.values()]);
  }

  async createService(spec: ServiceSpec): Promise<boolean> {
    if ([...this.#services.values()].some(({ Spec }) => Spec.Name === spec.Name)) return false;
    const service: Service = { ID: this.#id('service'), Version: { Index: 1 }, Spec: structuredClone(spec) };
    this.#services.set(service.ID, service);
    this.#settle(service);
    return true;
  }

  async updateService(id: string, version: number, spec: ServiceSpec): Promise<boolean> {
    const service = this.#services.get(id);
    if (service?.Version.Index !== version) return false;
    const isRollout = JSON.stringify(spec.TaskTemplate) !== JSON.stringify(service.Spec.TaskTemplate);
    if (isRollout) service.PreviousSpec = service.Spec;
    service.Spec = structuredClone(spec);
    service.Version = { Index: version + 1 };
    if (isRollout) service.UpdateStatus = { State: 'updating' };
    this.#settle(service);
    return true;
  }

  async removeService(id: string): Promise<void> {
    this.#services.delete(id);
    for (const task of this.#of(id)) this.#end(task, 'shutdown');
  }

  async tasks(_prefix: string, serviceIds: readonly string[] = []): Promise<SwarmTask[]> {
    const all = [...this.#tasks.values()];
    return structuredClone(
      all.filter(({ ServiceID }) => serviceIds.length === 0 || serviceIds.includes(ServiceID)),
    );
  }

  async secrets(_prefix: string): Promise<SwarmSecret[]> {
    return structuredClone([...this.#secrets.values()]);
  }

  async putSecret({ name, labels, data }: NewSecret): Promise<string> {
    const there = [...this.#secrets.values()].find(({ Spec }) => Spec.Name === name);
    if (there) return there.ID;
    const ID = this.#id('secret');
    this.#secrets.set(ID, {
      ID,
      CreatedAt: new Date().toISOString(),
      Spec: { Name: name, Labels: labels },
      data,
    });
    return ID;
  }

  async removeSecret(id: string): Promise<void> {
    const isUsed = [...this.#services.values()].some(({ Spec }) =>
      Spec.TaskTemplate.ContainerSpec.Secrets.some(({ SecretID }) => SecretID === id),
    );
    if (!isUsed) this.#secrets.delete(id);
  }

  /** Tasks of a server that run or start. */
  alive(name: string): SwarmTask[] {
    const service = [...this.#services.values()].find(({ Spec }) => Spec.Name === name);
    return service ? this.#of(service.ID).filter(({ Status }) => /starting|running/.test(Status.State)) : [];
  }

  /** Ends the task of a server as a crash would. */
  crash(name: string): void {
    for (const { ID } of this.alive(name)) {
      const task = this.#tasks.get(ID) as Task;
      this.#end(task, 'failed');
      const service = this.#services.get(task.ServiceID);
      if (service) setTimeout(() => this.#settle(service), MOMENT_MS);
    }
  }

  /** Where `http://tasks.<service>:8080` leads. */
  reach(address: string): string {
    const name = new URL(address).hostname.replace(/^tasks\./, '');
    const [task] = this.alive(name).filter(({ Status }) => Status.State === 'running');
    const listener = this.#listeners.get(task?.ID ?? '') as Server;
    return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const listener of this.#listeners.values()) {
      listener.close();
      listener.closeAllConnections();
    }
  }

  #of(serviceId: string): Task[] {
    return [...this.#tasks.values()].filter(({ ServiceID }) => ServiceID === serviceId);
  }

  /** Starts what is missing and ends what is too much. */
  #settle(service: Service): void {
    const live = this.#of(service.ID).filter(({ DesiredState }) => DesiredState === 'running');
    if (service.Spec.Mode.Replicated.Replicas === 0) {
      for (const task of live) this.#end(task, 'complete');
      return;
    }
    const wanted = JSON.stringify(service.Spec.TaskTemplate);
    if (live.some((task) => JSON.stringify(task.Spec) === wanted)) return;
    void this.#start(service, live);
  }

  async #start(service: Service, former: readonly Task[]): Promise<void> {
    const { ContainerSpec } = service.Spec.TaskTemplate;
    const task: Task = {
      ...{ ID: this.#id('task'), ServiceID: service.ID, CreatedAt: new Date().toISOString() },
      ...{ DesiredState: 'running', Status: { State: 'starting' } },
      Spec: structuredClone(service.Spec.TaskTemplate),
    };
    this.#tasks.set(task.ID, task);
    if (this.sick.has(ContainerSpec.Image)) {
      setTimeout(() => this.#giveUp(service, task), MOMENT_MS);
      return;
    }
    const config = this.#secrets.get(ContainerSpec.Secrets[0]?.SecretID ?? '')?.data ?? '{}';
    const { serverId, generation } = JSON.parse(config) as Record<string, unknown>;
    const listener = createServer((_, response) => response.end(JSON.stringify({ serverId, generation })));
    listener.listen(0, '127.0.0.1').unref();
    await once(listener, 'listening');
    this.#listeners.set(task.ID, listener);
    if (task.DesiredState !== 'running') return this.#end(task, 'shutdown');
    task.Status = { State: 'running' };
    for (const old of former) this.#end(old, 'shutdown');
    if (service.UpdateStatus?.State === 'updating') service.UpdateStatus = { State: 'completed' };
    if (service.UpdateStatus?.State === 'rollback_started') {
      service.UpdateStatus = { State: 'rollback_completed' };
    }
  }

  #giveUp(service: Service, task: Task): void {
    this.#end(task, 'failed');
    if (!service.PreviousSpec) return void setTimeout(() => this.#settle(service), MOMENT_MS);
    service.Spec = service.PreviousSpec;
    service.Version = { Index: service.Version.Index + 1 };
    delete service.PreviousSpec;
    const wanted = JSON.stringify(service.Spec.TaskTemplate);
    const runs = this.#of(service.ID).some((other) => JSON.stringify(other.Spec) === wanted);
    service.UpdateStatus = { State: runs ? 'rollback_completed' : 'rollback_started' };
    this.#settle(service);
  }

  #end(task: Task, state: string): void {
    task.DesiredState = 'shutdown';
    task.Status = { State: state };
    const listener = this.#listeners.get(task.ID);
    listener?.close();
    listener?.closeAllConnections();
    this.#listeners.delete(task.ID);
  }

  #id(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }
}
