import type { ServerState, SubscriptionState } from '@ptsdly/contract';

/** What can happen in a state, and what it leads to. A timeline is this table and nothing else. */
export type Machine<S extends string> = Readonly<Record<S, Readonly<Partial<Record<string, S>>>>>;

/** What happens to a subscription. */
export type BillingEvent = 'paid' | 'trial' | 'declined' | 'given_up' | 'ended' | 'resumed' | 'purged';

/**
 * The billing timeline: what is owed and paid. It never touches data: only `purged` does, and it can only follow
 * `canceled` and its retention time, or a subscription that never had a server.
 */
export const billingMachine = {
  incomplete: { paid: 'active', trial: 'trialing', ended: 'ended' },
  trialing: { paid: 'active', declined: 'past_due', ended: 'canceled' },
  active: { paid: 'active', declined: 'past_due', ended: 'canceled' },
  past_due: { paid: 'active', declined: 'past_due', given_up: 'unpaid', ended: 'canceled' },
  unpaid: { paid: 'active', declined: 'unpaid', ended: 'canceled' },
  canceled: { resumed: 'active', purged: 'ended' },
  ended: {},
} as const satisfies Machine<SubscriptionState>;

/** The state after an event. Throws where the event cannot happen: the caller has looked at a stale row. */
export function afterEvent(state: SubscriptionState, event: BillingEvent): SubscriptionState {
  const next = (billingMachine as Machine<SubscriptionState>)[state][event];
  if (!next) throw new Error(`a subscription that is ${state} cannot be ${event}`);
  return next;
}

/** What the host is seen to have, on the way to a server that runs. */
const seen = {
  lost: 'provisioning',
  resting: 'waking',
  booting: 'starting',
  up: 'ready',
  broken: 'failed',
} as const;
const ends = { stopped: 'suspended', removed: 'deleting' } as const;

/**
 * The service timeline: what a server is. Billing decides only whether it is to run; how it gets there is the
 * reconcile loop's business (`next.ts`), which goes by what the host has and not by what happened, and a test holds
 * every step of it against this table.
 */
export const serviceMachine = {
  requested: { begun: 'provisioning', ...ends },
  provisioning: { resting: 'waking', booting: 'starting', up: 'ready', broken: 'failed', ...ends },
  starting: { ...without(seen, 'booting'), changed: 'upgrading', ...ends },
  ready: { ...without(seen, 'up'), idle: 'asleep', changed: 'upgrading', ...ends },
  asleep: { ...seen, ...ends },
  waking: { lost: 'provisioning', up: 'ready', broken: 'failed', ...ends },
  upgrading: { ...seen, ...ends },
  suspended: { ...seen, changed: 'upgrading', removed: 'deleting' },
  failed: { ...without(seen, 'broken'), changed: 'upgrading', ...ends },
  deleting: { gone: 'purged' },
  purged: {},
} as const satisfies Machine<ServerState>;

function without<T extends object, K extends keyof T>(events: T, event: K): Omit<T, K> {
  const { [event]: _, ...others } = events;
  return others;
}

/** The states in which something is owed or given, of which an account has at most one. */
export const isLive = (state: SubscriptionState): boolean => state !== 'canceled' && state !== 'ended';

/** A drawing of a machine: a Mermaid state diagram (mermaid.js.org/syntax/stateDiagram). */
export function drawing<S extends string>(machine: Machine<S>, first: S): string {
  const arrows = Object.entries<Readonly<Partial<Record<string, S>>>>(machine).flatMap(([from, events]) => {
    const targets = Map.groupBy(Object.entries(events), ([, to]) => to);
    return [...targets].map(
      ([to, ways]) => `  ${from} --> ${to}: ${ways.map(([event]) => event).join(', ')}`,
    );
  });
  return ['stateDiagram-v2', `  [*] --> ${first}`, ...arrows].join('\n');
}
