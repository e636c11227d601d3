import { type Clock, isoTime } from './clock.ts';
import { settleDeparture } from './departures.ts';
import type { Action } from './next.ts';
import type { Database, ServerRow } from './schema.ts';
import type { Servers } from './servers.ts';
import type { Trouble } from './timeline.ts';

const LEASE_MS = 60_000;
const MAX_ERROR = 500;
/** Where the host says that a server does not come up: it goes on trying by itself. */
const CRASHING: Trouble = { cause: 'crash', retryAt: null };

/** How a turn ended: when to look again (null: not by itself), and what went wrong. */
export interface Outcome {
  readonly nextRunAt: number | null;
  readonly attempts: number;
  readonly lastError: string | null;
}

/**
 * The right to act for a server, held by one loop at a time. It ends by itself, so a loop that died blocks
 * nobody for longer than a minute; what a loop writes counts only while it holds the lease.
 */
export class Leases {
  readonly #servers: Servers;
  readonly #clock: Clock;
  readonly #owner: string;

  constructor(servers: Servers, clock: Clock, owner: string) {
    this.#servers = servers;
    this.#clock = clock;
    this.#owner = owner;
  }

  /**
   * At the start: whatever waits or has failed is tried at once. With an embedded database, which one process
   * opens at a time, every lease that stands is a dead process's and is dropped.
   */
  async recover(embedded: boolean): Promise<void> {
    const retried = { nextRunAt: this.#clock.now(), attempts: 0, lastError: null };
    await this.#db
      .updateTable('servers')
      .set(retried)
      .where((where) => where.or([where('nextRunAt', 'is not', null), where('attempts', '>', 0)]))
      .execute();
    if (embedded) await this.#db.updateTable('servers').set({ leaseOwner: null, leaseUntil: null }).execute();
  }

  /** Ids of servers whose time has come, the longest waiting first. */
  async due(limit: number): Promise<string[]> {
    const now = this.#clock.now();
    const rows = await this.#db
      .selectFrom('servers')
      .select('id')
      .where('nextRunAt', '<=', now)
      .where((where) => where.or([where('leaseUntil', 'is', null), where('leaseUntil', '<=', now)]))
      .orderBy('nextRunAt')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** The server, when nobody else holds it. */
  async claim(id: string): Promise<ServerRow | undefined> {
    const now = this.#clock.now();
    const claimed = await this.#db
      .updateTable('servers')
      .set({ leaseOwner: this.#owner, leaseUntil: now + LEASE_MS })
      .where('id', '=', id)
      .where((where) => where.or([where('leaseUntil', 'is', null), where('leaseUntil', '<=', now)]))
      .executeTakeFirst();
    return claimed.numUpdatedRows === 0n ? undefined : this.#read(id);
  }

  /**
   * Records what a server is from now on, and what troubles it (null: nothing any more). Undefined when somebody has changed what it is meant to be, or the
   * lease is lost: then whatever was seen or decided no longer holds.
   */
  async record(
    row: ServerRow,
    { state, failure }: Pick<Action, 'state' | 'failure'>,
    trouble?: Trouble | null,
  ) {
    return this.#servers.transaction(async (trx, publish) => {
      const isNews = row.state !== state || row.failure !== failure;
      const readyAt = row.readyAt ?? (state === 'ready' ? isoTime(this.#clock) : null);
      const updated = await trx
        .updateTable('servers')
        .set({ state, failure, readyAt, leaseUntil: this.#clock.now() + LEASE_MS })
        .where('id', '=', row.id)
        .where('leaseOwner', '=', this.#owner)
        .where('generation', '=', row.generation)
        .where('desired', '=', row.desired)
        .executeTakeFirst();
      if (updated.numUpdatedRows === 0n) return undefined;
      const changed: ServerRow = { ...row, state, failure, readyAt };
      if (isNews || trouble !== undefined) {
        await publish(changed, trouble ?? (state === 'failed' ? CRASHING : trouble));
      }
      if (isNews && state === 'purged') {
        // Its owner is gone: of the row only the slug stays, so that it is never given out again.
        const rest = { name: '', usedBytes: 0, quotaBytes: 0 };
        await trx.updateTable('servers').set(rest).where('id', '=', row.id).execute();
        await settleDeparture(trx, row.ownerId);
      }
      return changed;
    });
  }

  /** Gives the server back. Where it is meant to be something else by now, it is due at once. */
  async release(row: ServerRow, outcome: Outcome): Promise<void> {
    const free = { leaseOwner: null, leaseUntil: null };
    await this.#db.transaction().execute(async (trx) => {
      const mine = trx
        .updateTable('servers')
        .set({ ...free, ...outcome, lastError: outcome.lastError?.slice(0, MAX_ERROR) ?? null })
        .where('id', '=', row.id)
        .where('leaseOwner', '=', this.#owner)
        .where('generation', '=', row.generation)
        .where('desired', '=', row.desired);
      await mine.execute();
      await trx
        .updateTable('servers')
        .set({ ...free, nextRunAt: this.#clock.now() })
        .where('id', '=', row.id)
        .where('leaseOwner', '=', this.#owner)
        .execute();
    });
  }

  get #db(): Database {
    return this.#servers.db;
  }

  #read(id: string): Promise<ServerRow> {
    return this.#db.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  }
}
