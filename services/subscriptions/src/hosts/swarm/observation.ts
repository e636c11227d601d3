import type { Observed } from '../host.ts';
import { GENERATION_LABEL, SERVER_LABEL, type SwarmService, type SwarmTask } from './engine.ts';
import { addressOf } from './service-spec.ts';

/** Failed tasks in a row after which a server has failed, as far as its owner is concerned. */
const FAILURES_SHOWN = 3;
const OVER = new Set(['failed', 'rejected', 'complete', 'shutdown', 'orphaned', 'remove']);

/** A server as it runs, which is not always as it was asked for. */
export function observedService(service: SwarmService, tasks: readonly SwarmTask[]): Observed {
  const { Spec } = service;
  const serverId = Spec.Labels[SERVER_LABEL] ?? '';
  const generation = generationOf(Spec.Labels);
  const own = tasks.filter(({ ServiceID }) => ServiceID === service.ID);
  const seen = (state: Observed['state'], address: string | null = null, detail: string | null = null) => ({
    ...{ serverId, generation, state, address, detail },
  });
  if (Spec.Mode.Replicated.Replicas === 0) return seen('asleep');
  const serves = own.some(isServing);
  const isTakenOver = !own.some((task) => isAlive(task) && !runsAs(task, service));
  if (serves) return seen(isTakenOver ? 'ready' : 'starting', addressOf(Spec.Name));
  const reason = failureOf(own);
  return reason === null ? seen('starting') : seen('failed', null, reason);
}

export const generationOf = (labels: Readonly<Record<string, string>>): number =>
  Number(labels[GENERATION_LABEL] ?? 0);

/** Healthy, and not told to go. */
export const isServing = ({ DesiredState, Status }: SwarmTask): boolean =>
  DesiredState === 'running' && Status.State === 'running';

/** Something of it may still be running on a node. */
export const isAlive = ({ Status }: SwarmTask): boolean => !OVER.has(Status.State);

export function runsAs({ Spec: { ContainerSpec } }: SwarmTask, { Spec }: SwarmService): boolean {
  const wanted = Spec.TaskTemplate.ContainerSpec;
  return (
    generationOf(ContainerSpec.Labels) === generationOf(wanted.Labels) && ContainerSpec.Image === wanted.Image
  );
}

/** Why nothing of it runs, in words for its owner; null while it may just be on its way. */
function failureOf(tasks: readonly SwarmTask[]): string | null {
  const newestFirst = tasks.toSorted((a, b) => b.CreatedAt.localeCompare(a.CreatedAt));
  const waiting = newestFirst.find(({ Status }) => Status.State === 'pending');
  if (waiting?.Status.Err) return 'There is no machine with room for this media server now. We keep trying.';
  const failures = newestFirst.filter(
    ({ Status }) => Status.State === 'failed' || Status.State === 'rejected',
  );
  if (failures.length < FAILURES_SHOWN) return null;
  return 'The media server does not start. We keep trying.';
}
