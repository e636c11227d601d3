import { type Plan, Problem, type Subscription } from '@ptsdly/contract';
import { isUniqueViolation } from '@ptsdly/db';
import { newId } from '@ptsdly/kit';
import type { Transaction } from 'kysely';
import { type Clock, isoTime } from './clock.ts';
import { settleDeparture } from './departures.ts';
import { Idempotency, type KeyedRequest } from './idempotency.ts';
import { planById } from './plans.ts';
import type { ServerRow, SubscriptionRow, Tables } from './schema.ts';
import type { Publish, Servers } from './servers.ts';
import { newSlug } from './slug.ts';

const DEFAULT_NAME = 'My server';

export interface SubscriptionsParts {
  readonly servers: Servers;
  readonly clock: Clock;
  /** Hurries the reconcile loop. */
  readonly nudge: (serverId: string) => void;
  /** Where the objects of a new server belong. */
  readonly storage: 'local' | 'remote';
}

/** What is asked of a server anew: the loop takes it up at once, whatever went wrong before. */
const asked = { attempts: 0, lastError: null } as const;

export class Subscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #idempotency: Idempotency<Subscription>;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    this.#idempotency = new Idempotency(parts.servers.db, parts.clock);
  }

  /**
   * Subscribes a user and asks for a server. Nothing is to be paid yet, so the subscription is active at once.
   * Rejects with `already_subscribed`, `invalid_fields`, `conflict` (a used key), `unauthenticated` (a user
   * who was deleted a moment ago).
   */
  async subscribe(
    userId: string,
    body: { readonly planId: string; readonly serverName?: string | undefined },
    keyed?: KeyedRequest,
  ): Promise<Subscription> {
    const plan = planById(body.planId);
    const before = keyed && (await this.#idempotency.answered(keyed));
    if (before) return before;
    try {
      const answer = await this.#parts.servers.transaction(async (trx, publish) => {
        const made = await this.#create(trx, publish, userId, plan, body.serverName);
        if (keyed) await this.#idempotency.keep(trx, keyed, made);
        return made;
      });
      this.#parts.nudge(answer.server.id);
      return answer;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return await this.#whoWasFirst(userId, keyed, error);
    }
  }

  async #create(
    trx: Transaction<Tables>,
    publish: Publish,
    userId: string,
    plan: Plan,
    serverName: string | undefined,
  ): Promise<Subscription> {
    const departed = trx.selectFrom('departed').select('userId').where('userId', '=', userId);
    if (await departed.executeTakeFirst()) throw new Problem('unauthenticated');
    const { clock } = this.#parts;
    const createdAt = isoTime(clock);
    const server: ServerRow = {
      ...{ id: newId(), slug: newSlug(), ownerId: userId, name: serverName ?? DEFAULT_NAME },
      ...{ desired: 'running', wakeAt: null, generation: 1, quotaBytes: plan.storageBytes, usedBytes: 0 },
      ...{ storage: this.#parts.storage, objectsLeft: null },
      ...{ state: 'requested', failure: null, createdAt, readyAt: null },
      ...{ nextRunAt: clock.now(), ...asked, leaseOwner: null, leaseUntil: null },
    };
    const row: SubscriptionRow = {
      ...{ id: newId(), userId, planId: plan.id, state: 'active', serverId: server.id },
      ...{ liveUserId: userId, createdAt, canceledAt: null },
    };
    await trx.insertInto('servers').values(server).execute();
    await trx.insertInto('subscriptions').values(row).execute();
    await publish(server);
    return this.#view(row, server);
  }

  /** A unique index refused: the same request was a moment faster, or the account has a live subscription. */
  async #whoWasFirst(userId: string, keyed: KeyedRequest | undefined, error: unknown) {
    const answer = keyed && (await this.#idempotency.answered(keyed));
    if (answer) return answer;
    const live = this.#db.selectFrom('subscriptions').select('id').where('liveUserId', '=', userId);
    if (await live.executeTakeFirst()) throw new Problem('already_subscribed', { cause: error });
    throw error; // a slug that was taken: one in 10^15, and trying again helps
  }

  /** The live one first, then the newest. */
  async list(userId: string): Promise<Subscription[]> {
    const rows = await this.#db
      .selectFrom('subscriptions')
      .selectAll()
      .where('userId', '=', userId)
      .orderBy('liveUserId', 'desc')
      .orderBy('id', 'desc')
      .execute();
    return Promise.all(rows.map(async (row) => this.#view(row, await this.#serverOf(row))));
  }

  /** Rejects with `not_found`, for another's subscription too. */
  async get(userId: string, id: string): Promise<Subscription> {
    const row = await this.#owned(this.#db, userId, id);
    return this.#view(row, await this.#serverOf(row));
  }

  /**
   * Changes the plan; the server starts anew with the new quota. Rejects with `conflict` when more is stored
   * than the new plan holds or the subscription is canceled, `invalid_fields`, `not_found`.
   */
  async changePlan(userId: string, id: string, planId: string): Promise<Subscription> {
    const plan = planById(planId);
    const changed = await this.#parts.servers.transaction(async (trx) => {
      const row = await this.#owned(trx, userId, id);
      const server = await serverRow(trx, row.serverId);
      if (row.planId === planId) return this.#view(row, server);
      if (row.liveUserId === null) {
        throw new Problem('conflict', { detail: 'This subscription is canceled.' });
      }
      if (server.usedBytes > plan.storageBytes) {
        throw new Problem('conflict', {
          detail: 'More is stored on the server than this plan has room for.',
        });
      }
      const generation = server.generation + 1;
      const wanted = { quotaBytes: plan.storageBytes, generation, nextRunAt: this.#parts.clock.now() };
      await trx.updateTable('subscriptions').set({ planId }).where('id', '=', id).execute();
      await trx
        .updateTable('servers')
        .set({ ...wanted, ...asked })
        .where('id', '=', server.id)
        .execute();
      return this.#view({ ...row, planId }, server);
    });
    this.#parts.nudge(changed.server.id);
    return changed;
  }

  /**
   * Cancels: nothing is served from this moment, the loop stops the server, its data stays until it is purged.
   * Canceling again answers the same. Rejects with `not_found`.
   */
  async cancel(userId: string, id: string): Promise<Subscription> {
    const canceled = await this.#parts.servers.transaction(async (trx, publish) => {
      const row = await this.#owned(trx, userId, id);
      const server = await serverRow(trx, row.serverId);
      if (row.liveUserId === null) return this.#view(row, server);
      const end = { state: 'canceled', liveUserId: null, canceledAt: isoTime(this.#parts.clock) } as const;
      await trx.updateTable('subscriptions').set(end).where('id', '=', id).execute();
      const stopped = await demand(trx, publish, server, 'stopped', this.#parts.clock);
      return this.#view({ ...row, ...end }, stopped);
    });
    this.#parts.nudge(canceled.server.id);
    return canceled;
  }

  /** A user is gone: subscriptions go at once, servers are purged by the loop. Bears being told twice. */
  async userDeleted(userId: string): Promise<void> {
    const { servers, clock, nudge } = this.#parts;
    const purged = await servers.transaction(async (trx, publish) => {
      const departed = trx.selectFrom('departed').select('userId').where('userId', '=', userId);
      const isNews = !(await departed.executeTakeFirst());
      if (isNews) {
        await trx.insertInto('departed').values({ userId, at: clock.now() }).execute();
      }
      await trx.deleteFrom('subscriptions').where('userId', '=', userId).execute();
      await trx.deleteFrom('idempotency').where('userId', '=', userId).execute();
      const owned = await trx
        .selectFrom('servers')
        .selectAll()
        .where('ownerId', '=', userId)
        .where('desired', '!=', 'purged')
        .execute();
      for (const server of owned) await demand(trx, publish, server, 'purged', clock);
      if (isNews) await settleDeparture(trx, userId);
      return owned;
    });
    for (const { id } of purged) nudge(id);
  }

  get #db() {
    return this.#parts.servers.db;
  }

  async #owned(db: Pick<Transaction<Tables>, 'selectFrom'>, userId: string, id: string) {
    const row = await db
      .selectFrom('subscriptions')
      .selectAll()
      .where('id', '=', id)
      .where('userId', '=', userId)
      .executeTakeFirst();
    if (!row) throw new Problem('not_found');
    return row;
  }

  #serverOf(row: SubscriptionRow): Promise<ServerRow> {
    return serverRow(this.#db, row.serverId);
  }

  #view(row: SubscriptionRow, server: ServerRow): Subscription {
    const { id, planId, state, createdAt, canceledAt } = row;
    return { id, planId, state, server: this.#parts.servers.brief(server), createdAt, canceledAt };
  }
}

/** Wants a server stopped or purged. Its state says so at once, so nothing is served while the loop does it. */
async function demand(
  trx: Transaction<Tables>,
  publish: Publish,
  server: ServerRow,
  desired: 'stopped' | 'purged',
  clock: Clock,
): Promise<ServerRow> {
  const state = desired === 'stopped' ? 'suspended' : 'deleting';
  const change = { desired, state, failure: null, nextRunAt: clock.now(), ...asked } as const;
  await trx.updateTable('servers').set(change).where('id', '=', server.id).execute();
  const changed: ServerRow = { ...server, ...change };
  await publish(changed);
  return changed;
}

function serverRow(db: Pick<Transaction<Tables>, 'selectFrom'>, id: string): Promise<ServerRow> {
  return db.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}
