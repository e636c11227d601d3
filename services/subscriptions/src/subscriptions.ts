import {
  type ChangePreview,
  type Checkout,
  type Invoice,
  type PaymentWay,
  type Plan,
  Problem,
  type Subscription,
} from '@ptsdly/contract';
import { isUniqueViolation } from '@ptsdly/db';
import { newId } from '@ptsdly/kit';
import type { Transaction } from 'kysely';
import type { Billing } from './billing/billing.ts';
import { INCOMPLETE_HOURS } from './billing/dunning.ts';
import { isLive } from './billing/machine.ts';
import { unbilled } from './billing/schema.ts';
import { demand } from './billing/service-wish.ts';
import { invoiceView, viewOf } from './billing/view.ts';
import { serverRow, type Work } from './billing/work.ts';
import { type Clock, isoTime } from './clock.ts';
import { settleDeparture } from './departures.ts';
import type { DatabasePlace } from './hosts/host.ts';
import { Idempotency, type KeyedRequest } from './idempotency.ts';
import type { ServerRow, SubscriptionRow, Tables } from './schema.ts';
import type { Servers } from './servers.ts';
import { newSlug } from './slug.ts';

const DEFAULT_NAME = 'My server';

export interface SubscriptionsParts {
  readonly servers: Servers;
  readonly billing: Billing;
  readonly clock: Clock;
  /** Where the objects of a new server belong. */
  readonly storage: 'local' | 'remote';
  /** Where the database of a new server is. */
  readonly database: DatabasePlace;
}

export interface Subscribe {
  readonly planId: string;
  readonly serverName?: string | undefined;
  readonly timeZone?: string | undefined;
}

/** What an owner does with their subscription. Another's is `not_found`. */
export class Subscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #idempotency: Idempotency<Subscription>;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    this.#idempotency = new Idempotency(parts.servers.db, parts.clock);
  }

  /**
   * Subscribes a user and asks for a server, which is made once it is paid for; at once where nothing is to be paid.
   * Rejects with `already_subscribed`, `invalid_fields`, `conflict` (a used key), `unauthenticated` (a user who was
   * deleted a moment ago).
   */
  async subscribe(userId: string, body: Subscribe, keyed?: KeyedRequest): Promise<Subscription> {
    const { billing } = this.#parts;
    const plan = billing.plans.choose(body.planId);
    const before = keyed && (await this.#idempotency.answered(keyed));
    if (before) return before;
    try {
      return await billing.transaction(async (work) => {
        const id = await this.#create(work, userId, plan, body);
        const made = await this.#view(await this.#owned(userId, id, work.trx), work.trx);
        if (keyed) await this.#idempotency.keep(work.trx, keyed, made);
        return made;
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return await this.#whoWasFirst(userId, keyed, error);
    }
  }

  async #create(
    work: Work,
    userId: string,
    plan: Plan,
    { serverName, timeZone }: Subscribe,
  ): Promise<string> {
    const { clock, billing, storage, database: databasePlace } = this.#parts;
    const departed = work.trx.selectFrom('departed').select('userId').where('userId', '=', userId);
    if (await departed.executeTakeFirst()) throw new Problem('unauthenticated');
    const createdAt = isoTime(clock);
    const server: ServerRow = {
      ...{ id: newId(), slug: newSlug(), ownerId: userId, name: serverName ?? DEFAULT_NAME },
      ...{ desired: 'held', wakeAt: null, generation: 1, quotaBytes: plan.storageBytes, usedBytes: 0 },
      ...{ storage, objectsLeft: null, databasePlace },
      ...{ state: 'requested', failure: null, createdAt, readyAt: null },
      ...{ nextRunAt: null, attempts: 0, lastError: null, leaseOwner: null, leaseUntil: null },
    };
    const row: SubscriptionRow = {
      ...{ id: newId(), userId, planId: plan.id, state: 'incomplete', serverId: server.id },
      ...{ liveUserId: userId, createdAt, canceledAt: null, revision: 0, ...unbilled },
      ...(timeZone ? { timeZone } : {}),
    };
    await work.trx.insertInto('servers').values(server).execute();
    await work.trx.insertInto('subscriptions').values(row).execute();
    await work.publish(server);
    if (billing.lifecycle.isFree(plan)) await billing.lifecycle.begin(work, row, createdAt);
    else await billing.due.set(work.trx, 'expire', row.id, clock.now() + INCOMPLETE_HOURS * 3600_000);
    return row.id;
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
    return Promise.all(rows.map((row) => this.#view(row)));
  }

  async get(userId: string, id: string): Promise<Subscription> {
    return this.#view(await this.#owned(userId, id));
  }

  async preview(userId: string, id: string, planId: string): Promise<ChangePreview> {
    const row = await this.#owned(userId, id);
    const { usedBytes } = await serverRow(this.#db, row.serverId);
    return this.#parts.billing.changes.preview(row, usedBytes, planId);
  }

  /** See `ChangesOfPlan.change`. */
  async changePlan(userId: string, id: string, planId: string, previewedAt?: string): Promise<Subscription> {
    const { billing } = this.#parts;
    billing.plans.choose(planId);
    await this.#owned(userId, id);
    await billing.changes.change(id, planId, previewedAt);
    return this.get(userId, id);
  }

  /**
   * Cancels: what is paid for runs to its end unless `now` is asked for; where nothing was paid it ends now. Then the
   * server stops at once, and its data stays until it is purged. Canceling again answers the same.
   */
  async cancel(userId: string, id: string, when: 'now' | 'period_end'): Promise<Subscription> {
    const { billing } = this.#parts;
    await billing.transaction(async (work) => {
      const row = await this.#owned(userId, id, work.trx);
      if (isLive(row.state)) await billing.endings.cancel(work, row, when);
    });
    return this.get(userId, id);
  }

  /** See `Endings.resume`. */
  async resume(userId: string, id: string): Promise<Subscription> {
    await this.#parts.billing.endings.resume(await this.#owned(userId, id));
    return this.get(userId, id);
  }

  async exportData(userId: string, id: string): Promise<Subscription> {
    const { billing } = this.#parts;
    await billing.transaction(async (work) => {
      await billing.endings.openForExport(work, await this.#owned(userId, id, work.trx));
    });
    return this.get(userId, id);
  }

  async checkout(userId: string, id: string, way: PaymentWay | undefined): Promise<Checkout> {
    return this.#parts.billing.methods.checkout(await this.#owned(userId, id), way);
  }

  async setMethod(userId: string, id: string, reference: string): Promise<Subscription> {
    const row = await this.#owned(userId, id);
    await this.#parts.billing.methods.adopt(row.id, reference);
    return this.get(userId, id);
  }

  async pay(userId: string, id: string): Promise<Subscription> {
    await this.#parts.billing.methods.pay(await this.#owned(userId, id));
    return this.get(userId, id);
  }

  /** Newest first. */
  async invoices(userId: string, id: string): Promise<Invoice[]> {
    await this.#owned(userId, id);
    const rows = this.#db.selectFrom('invoices').selectAll().where('subscriptionId', '=', id);
    const shown = await rows.where('state', '!=', 'void').orderBy('createdAt', 'desc').limit(200).execute();
    return shown.map(invoiceView);
  }

  /**
   * A user is gone: subscriptions go at once, servers are purged by the loop, methods are given up at the provider.
   * Receipts stay, as the law wants, and name nobody. Bears being told twice.
   */
  async userDeleted(userId: string): Promise<void> {
    const { billing, clock } = this.#parts;
    await billing.transaction(async (work) => {
      const { trx } = work;
      const departed = trx.selectFrom('departed').select('userId').where('userId', '=', userId);
      const isNews = !(await departed.executeTakeFirst());
      if (isNews) await trx.insertInto('departed').values({ userId, at: clock.now() }).execute();
      const rows = await trx.selectFrom('subscriptions').selectAll().where('userId', '=', userId).execute();
      for (const { id, method } of rows) {
        await billing.due.clear(trx, id);
        if (method) await billing.due.set(trx, 'forget_method', method, clock.now());
      }
      const nameless = { userId: '', methodLabel: null };
      await trx.updateTable('invoices').set(nameless).where('userId', '=', userId).execute();
      await trx.deleteFrom('subscriptions').where('userId', '=', userId).execute();
      await trx.deleteFrom('idempotency').where('userId', '=', userId).execute();
      const owned = trx.selectFrom('servers').selectAll().where('ownerId', '=', userId);
      for (const server of await owned.where('desired', '!=', 'purged').execute()) {
        await demand(work, server, 'purged', clock);
      }
      if (isNews) await settleDeparture(trx, userId);
    });
  }

  get #db() {
    return this.#parts.servers.db;
  }

  async #owned(
    userId: string,
    id: string,
    db: Pick<Transaction<Tables>, 'selectFrom'> = this.#db,
  ): Promise<SubscriptionRow> {
    const rows = db.selectFrom('subscriptions').selectAll().where('id', '=', id);
    const row = await rows.where('userId', '=', userId).executeTakeFirst();
    if (!row) throw new Problem('not_found');
    return row;
  }

  async #view(
    row: SubscriptionRow,
    db: Pick<Transaction<Tables>, 'selectFrom'> = this.#db,
  ): Promise<Subscription> {
    const { billing, servers } = this.#parts;
    return viewOf(row, await serverRow(db, row.serverId), { ...billing, servers, db });
  }
}
