import type { ServerState } from '@ptsdly/contract';

/** The way of a new server, in order. */
export const creation = ['requested', 'provisioning', 'starting', 'ready'] as const;

/** How far a server in this state has come on that way. */
export function stepOf(state: ServerState): number {
  const index = (creation as readonly ServerState[]).indexOf(state);
  return index === -1 ? creation.length - 1 : index;
}

/** Its library can be shown: it answers, or wakes when it is asked. */
export const isUsable = (state: ServerState) => ['ready', 'asleep', 'waking', 'upgrading'].includes(state);

export const isBeingCreated = (state: ServerState) => stepOf(state) < 3;
