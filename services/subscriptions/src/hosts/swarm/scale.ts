import { setTimeout as pause } from 'node:timers/promises';
import { HostError } from '../host.ts';
import type { Engine, ServiceSpec, SwarmService } from './engine.ts';
import { isAlive, withoutLost } from './observation.ts';

const STOP_MS = 40_000;
const POLL_MS = 100;
/** Tries against others who change the same service. */
export const TRIES = 5;

/** The service with so many tasks wanted; undefined where there is none. Rejects with `retry` when others are always faster. */
export async function scaled(
  engine: Engine,
  name: string,
  replicas: 0 | 1,
): Promise<SwarmService | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const service = await engine.service(name);
    if (!service || (await scale(engine, service, replicas))) return service;
  }
  throw new HostError('retry', 'somebody else is changing this server');
}

/** False when somebody else was faster. */
export async function scale(
  engine: Engine,
  { ID, Version, Spec }: SwarmService,
  replicas: 0 | 1,
): Promise<boolean> {
  if (Spec.Mode.Replicated.Replicas === replicas) return true;
  const spec: ServiceSpec = { ...Spec, Mode: { Replicated: { Replicas: replicas } } };
  return engine.updateService(ID, Version.Index, spec);
}

/** Resolves when nothing of a service runs any more, as far as nodes are heard of. Rejects with `retry`. */
export async function untilStopped(engine: Engine, prefix: string, serviceId: string): Promise<void> {
  const deadline = performance.now() + STOP_MS;
  const isRunning = async () =>
    (await withoutLost(engine, await engine.tasks(prefix, [serviceId]))).some(isAlive);
  while (await isRunning()) {
    if (performance.now() > deadline) throw new HostError('retry', 'a media server does not stop');
    await pause(POLL_MS);
  }
}
