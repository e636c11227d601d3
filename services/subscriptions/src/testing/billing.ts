import { silentLog } from '@ptsdly/kit';
import { Billing } from '../billing/billing.ts';
import type { Clock } from '../clock.ts';
import { none } from '../payments/none.ts';
import { Plans } from '../plans.ts';
import type { Servers } from '../servers.ts';
import { Subscriptions } from '../subscriptions.ts';

interface Parts {
  readonly servers: Servers;
  readonly clock: Clock;
  readonly nudge?: (serverId: string) => void;
  readonly storage?: 'local' | 'remote';
}

/** Subscriptions of an installation that charges nothing. */
export function freeSubscriptions({ servers, clock, nudge = () => undefined, storage = 'local' }: Parts) {
  const payments = { plans: new Plans(), payments: none, random: () => 1, log: silentLog };
  const billing = new Billing({ servers, clock, nudge, ...payments });
  return new Subscriptions({ servers, billing, clock, storage, database: 'file' });
}
