import type { ServerState } from '@ptsdly/contract';
import type { Observed } from './hosts/host.ts';
import type { ServerRow } from './schema.ts';

export interface Action {
  /** The one call that brings the server nearer; `wait`: the host is at work; `none`: it is as desired. */
  readonly do: 'ensure' | 'wake' | 'sleep' | 'destroy' | 'wait' | 'none';
  /** What the server is from now on, before the call. */
  readonly state: ServerState;
  /** Why it is `failed`, in words. */
  readonly failure: string | null;
}

type Wanted = Pick<ServerRow, 'desired' | 'generation' | 'state'>;
type Seen = Pick<Observed, 'generation' | 'state' | 'detail'> | null;

/** What to do for a server, from what it is meant to be and what the host sees. Pure, and the only place to decide. */
export function next(server: Wanted, observed: Seen): Action {
  if (server.desired === 'purged') return towardsPurged(server, observed);
  if (server.desired === 'held') return act('none', server.state);
  if (server.desired === 'stopped') return towardsStopped(observed);
  if (server.desired === 'asleep') return act(runs(observed) ? 'sleep' : 'none', 'asleep');
  return towardsRunning(server, observed);
}

/** A purged server stays so, whatever turns up under its id later. */
function towardsPurged(server: Wanted, observed: Seen): Action {
  if (server.state === 'purged' || observed === null) return act('none', 'purged');
  return act('destroy', 'deleting');
}

function towardsStopped(observed: Seen): Action {
  return act(runs(observed) ? 'sleep' : 'none', 'suspended');
}

const runs = (observed: Seen) =>
  observed !== null && observed.state !== 'stopped' && observed.state !== 'asleep';

function towardsRunning(server: Wanted, observed: Seen): Action {
  if (observed === null) return act('ensure', 'provisioning');
  if (observed.state === 'stopped') return act('ensure', startingState(server, 'starting'));
  if (observed.generation !== server.generation) return act('ensure', startingState(server, 'upgrading'));
  switch (observed.state) {
    case 'asleep':
      return act('wake', 'waking');
    case 'starting':
      return act('wait', isOnItsWay(server) ? server.state : 'starting');
    case 'failed':
      return act('wait', 'failed', observed.detail);
    case 'ready':
      return act('none', 'ready');
  }
}

function startingState(server: Wanted, otherwise: ServerState): ServerState {
  if (isNew(server)) return 'provisioning';
  return server.state === 'asleep' || server.state === 'waking' ? 'waking' : otherwise;
}

const isNew = ({ state }: Wanted) => state === 'requested' || state === 'provisioning';

const isOnItsWay = ({ state }: Wanted) => state === 'waking' || state === 'upgrading';

const act = (name: Action['do'], state: ServerState, failure: string | null = null): Action => ({
  do: name,
  state,
  failure,
});
