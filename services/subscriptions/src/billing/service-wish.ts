import { type Clock, isoTime } from '../clock.ts';
import type { Desired, ServerRow, SubscriptionRow } from '../schema.ts';
import { serverRow, type Work } from './work.ts';

type Billed = Pick<SubscriptionRow, 'state' | 'suspendedFor' | 'exportUntil'>;

/** What the billing timeline wants of the service timeline: the only place where one decides about the other. */
export function wishOf(
  { state, suspendedFor, exportUntil }: Billed,
  now: number,
): Exclude<Desired, 'asleep'> {
  if (state === 'ended') return 'purged';
  if (suspendedFor !== null) return 'stopped';
  if (state === 'incomplete') return 'held';
  if (state === 'trialing' || state === 'active' || state === 'past_due') return 'running';
  return exportUntil !== null && Date.parse(exportUntil) > now ? 'running' : 'stopped';
}

/** What a server's owner may do with it: an ended subscription still lets them download. */
export const modeOf = ({ state }: Pick<SubscriptionRow, 'state'>): 'full' | 'export' =>
  state === 'unpaid' || state === 'canceled' ? 'export' : 'full';

/** What is asked of a server anew: the loop takes it up at once, whatever went wrong before. */
const asked = { attempts: 0, lastError: null } as const;

/**
 * Makes the server's row say what its subscription wants. What stops says so at once, so nothing is served while the
 * loop does it.
 */
export async function applyWish(work: Work, row: SubscriptionRow, clock: Clock): Promise<ServerRow> {
  const server = await serverRow(work.trx, row.serverId);
  const wish = wishOf(row, clock.now());
  const runs = server.desired === 'running' || server.desired === 'asleep';
  if (server.desired === 'purged' || server.desired === wish || (wish === 'running' && runs)) return server;
  return demand(work, server, wish, clock);
}

/** Wants a server to be something else. A server that was never made is gone at once. */
export async function demand(
  work: Work,
  server: ServerRow,
  desired: Exclude<Desired, 'asleep'>,
  clock: Clock,
): Promise<ServerRow> {
  const states = {
    held: server.state,
    running: server.state,
    stopped: 'suspended',
    purged: 'deleting',
  } as const;
  const state = states[desired];
  const change = { desired, state, failure: null, wakeAt: null, nextRunAt: clock.now(), ...asked } as const;
  await work.trx.updateTable('servers').set(change).where('id', '=', server.id).execute();
  const changed: ServerRow = { ...server, ...change };
  if (state !== server.state) await work.publish(changed);
  work.nudge(server.id);
  return changed;
}

/** Gives a server the room of another plan; it starts anew with it. */
export async function resize(work: Work, serverId: string, quotaBytes: number, clock: Clock): Promise<void> {
  const server = await serverRow(work.trx, serverId);
  if (server.quotaBytes === quotaBytes) return;
  const change = { quotaBytes, generation: server.generation + 1, nextRunAt: clock.now(), ...asked };
  await work.trx.updateTable('servers').set(change).where('id', '=', serverId).execute();
  work.nudge(serverId);
}

/** ISO 8601, so many milliseconds from now. */
export const after = (clock: Clock, ms: number): string => isoTime({ now: () => clock.now() + ms });
