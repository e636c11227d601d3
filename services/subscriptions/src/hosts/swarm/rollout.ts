import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, Rounds } from '@ptsdly/kit';
import { HostError, type ServerSpec } from '../host.ts';
import type { Turns } from '../turns.ts';
import { type Engine, SERVER_LABEL, type SwarmService } from './engine.ts';
import { isServing, runsAs } from './observation.ts';
import { serviceName } from './service-spec.ts';
import type { SwarmSettings } from './settings.ts';

export interface RolloutOptions {
  readonly engine: Engine;
  readonly settings: SwarmSettings;
  readonly turns: Turns;
  /** A server has begun to change. */
  readonly begun: (serverId: string) => void;
  readonly log: Logger;
}

const POLL_MS = 250;
const PAUSE_MS = 30_000;
/** How long a configuration that was rolled back is not tried again. */
const HOPELESS_MS = 60_000;
const OVER = new Set(['completed', 'rollback_completed', 'rollback_paused', 'paused']);

/**
 * Brings servers to the image of this release, one after the other. Swarm starts the new task first and goes back by
 * itself when that does not become well; whether a server has changed is read from the task that runs. After the
 * first that went back no other is touched, until this control plane is started anew.
 */
export class Rollout {
  readonly #options: RolloutOptions;
  readonly #rounds: Rounds;
  /** Configurations that were asked for, and may have been rolled back. */
  readonly #asked = new Map<string, { generation: number; refusedAt?: number }>();

  constructor(options: RolloutOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      everyMs: PAUSE_MS,
      once: (signal) => this.#renewAll(signal),
      failed: (err) => options.log.warn({ err }, 'media servers could not be renewed; trying again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** This configuration is about to be asked for. */
  note({ serverId, generation }: ServerSpec): void {
    this.#asked.set(serverId, { generation });
  }

  forget(serverId: string): void {
    this.#asked.delete(serverId);
  }

  /**
   * Throws `retry` where this configuration was rolled back a moment ago: asked for at once again it would be
   * started and rolled back for ever.
   */
  requireHope({ serverId, generation }: ServerSpec): void {
    const asked = this.#asked.get(serverId);
    if (asked?.generation !== generation) return;
    asked.refusedAt ??= performance.now(); // it was asked for, and an older one runs again
    if (performance.now() - asked.refusedAt > HOPELESS_MS) this.#asked.delete(serverId);
    else throw new HostError('retry', 'the new configuration did not start; the one before it goes on');
  }

  /** True when there is nothing left that may be done. */
  async #renewAll(signal: AbortSignal): Promise<boolean> {
    const { engine, settings, log } = this.#options;
    const outdated = (await engine.services(settings.prefix)).filter(
      ({ Spec }) => SERVER_LABEL in Spec.Labels && Spec.TaskTemplate.ContainerSpec.Image !== settings.image,
    );
    let undone = 0;
    for (const { Spec } of outdated) {
      if (signal.aborted) return true;
      const serverId = Spec.Labels[SERVER_LABEL] as string;
      const became = await this.#renew(serverId);
      if (became === 'rolled back') {
        log.error({ serverId, image: settings.image }, 'a new release did not start; no more servers get it');
        return true;
      }
      if (became === 'busy') undone++;
      else log.info({ serverId, image: settings.image }, 'renewed a media server');
    }
    return undone === 0;
  }

  async #renew(serverId: string): Promise<'renewed' | 'rolled back' | 'busy'> {
    const { engine, settings, turns, begun } = this.#options;
    const name = serviceName(settings.prefix, serverId);
    const asked = await turns.take(serverId, async () => {
      const service = await engine.service(name);
      if (!service) return 'renewed';
      const { ID, Version, Spec } = service;
      const { TaskTemplate } = Spec;
      const ContainerSpec = { ...TaskTemplate.ContainerSpec, Image: settings.image };
      const spec = { ...Spec, TaskTemplate: { ...TaskTemplate, ContainerSpec } };
      return (await engine.updateService(ID, Version.Index, spec)) ? 'asked' : 'busy';
    });
    if (asked !== 'asked') return asked;
    begun(serverId);
    return this.#outcome(name);
  }

  /** What the engine has made of it, when it is over. */
  async #outcome(name: string): Promise<'renewed' | 'rolled back' | 'busy'> {
    const { engine, settings } = this.#options;
    const { signal } = this.#rounds;
    for (;;) {
      const service = await engine.service(name);
      if (!service) return 'renewed';
      if (service.Spec.Mode.Replicated.Replicas === 0) return this.#imageOf(service);
      if (OVER.has(service.UpdateStatus?.State ?? '')) {
        const tasks = await engine.tasks(settings.prefix, [service.ID]);
        const runs = tasks.some((task) => isServing(task) && runsAs(task, service));
        if (runs || service.UpdateStatus?.State !== 'completed') return this.#imageOf(service);
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  #imageOf({ Spec }: SwarmService): 'renewed' | 'rolled back' {
    return Spec.TaskTemplate.ContainerSpec.Image === this.#options.settings.image ? 'renewed' : 'rolled back';
  }
}
