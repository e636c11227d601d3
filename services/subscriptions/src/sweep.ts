import { type Logger, Rounds } from '@ptsdly/kit';
import type { Clock } from './clock.ts';
import type { Host, Observed } from './hosts/host.ts';
import { next } from './next.ts';
import type { ServerRow } from './schema.ts';
import type { Servers } from './servers.ts';

const EVERY_MS = 30_000;
/** A server that no row knows is marked when first seen and stopped when it is still there this much later. */
const ORPHAN_MS = 60_000;
const DEPARTED_MS = 24 * 3600 * 1000;

export interface SweepOptions {
  readonly servers: Servers;
  readonly host: Host;
  readonly nudge: (serverId: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Compares everything the host has with everything the database wants: one list for all servers. It finds what
 * a lost nudge, a crash or somebody else's hand has left, stops unknown servers (in two steps, and never touches
 * their data), and forgets what has run out.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #rounds: Rounds;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      everyMs: EVERY_MS,
      once: () => this.once(),
      failed: (err) => options.log.warn({ err }, 'the sweep could not be done; it comes again'),
    });
  }

  /** Sweeps at once and then every half minute. */
  start(): void {
    this.#rounds.start();
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  async once(): Promise<void> {
    const { host, servers, nudge } = this.#options;
    for (const id of await servers.dueToWake()) await servers.wake(id);
    // The host first: a server made between the two looks is then known to the database, not an orphan.
    const observed = new Map((await host.list()).map((server) => [server.serverId, server]));
    const rows = await servers.all();
    for (const row of rows) if (differs(row, observed.get(row.id) ?? null)) nudge(row.id);
    const known = new Set(rows.map(({ id }) => id));
    await this.#orphans([...observed.values()].filter(({ serverId }) => !known.has(serverId)));
    await this.#forget();
  }

  async #orphans(unknown: readonly Observed[]): Promise<void> {
    const { servers, host, clock, log } = this.#options;
    const running = new Set(unknown.filter(runs).map(({ serverId }) => serverId));
    const marks = await servers.db.selectFrom('orphans').selectAll().execute();
    for (const { serverId, markedAt } of marks) {
      if (!running.delete(serverId)) {
        await servers.db.deleteFrom('orphans').where('serverId', '=', serverId).execute();
      } else if (markedAt + ORPHAN_MS <= clock.now()) {
        log.warn({ serverId }, 'stopping a server that no subscription knows; its data is kept');
        await host.sleep(serverId);
      }
    }
    for (const serverId of running) {
      log.warn({ serverId }, 'a server runs that no subscription knows');
      await servers.db.insertInto('orphans').values({ serverId, markedAt: clock.now() }).execute();
    }
  }

  async #forget(): Promise<void> {
    const { servers, clock } = this.#options;
    await servers.db.deleteFrom('idempotency').where('expiresAt', '<=', clock.now()).execute();
    await servers.db
      .deleteFrom('departed')
      .where('at', '<=', clock.now() - DEPARTED_MS)
      .execute();
  }
}

const runs = ({ state }: Observed) => state !== 'stopped' && state !== 'asleep';

/** What is scheduled comes by itself, and what failed for good waits for a hand. */
function differs(row: ServerRow, observed: Observed | null): boolean {
  if (row.nextRunAt !== null || row.attempts > 0) return false;
  const action = next(row, observed);
  return action.do !== 'none' || action.state !== row.state || action.failure !== row.failure;
}
