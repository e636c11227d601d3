import type { Allowance, ServerUsage } from '@ptsdly/contract';
import { type Period, periodAt, periodIndexAt } from './billing/periods.ts';
import { modeOf } from './billing/service-wish.ts';
import type { Clock } from './clock.ts';
import type { MeterRow } from './meter-schema.ts';
import type { Plans } from './plans.ts';
import type { Database, ServerRow, SubscriptionRow } from './schema.ts';

export interface MetersOptions {
  readonly db: Database;
  readonly plans: Plans;
  readonly clock: Clock;
}

export interface MeterReport {
  readonly run: string;
  readonly sentBytes: number;
  readonly viewers: number;
}

/** Who was told so long ago watches no more. */
const STALE_MS = 60_000;

/**
 * What servers send and to how many, held against their plans. A server tells sums and not steps, so a report that is
 * lost or comes twice counts once.
 */
export class Meters {
  readonly #options: MetersOptions;

  constructor(options: MetersOptions) {
    this.#options = options;
  }

  /** Answers what the server may from now on. */
  async report(serverId: string, { run, sentBytes, viewers }: MeterReport): Promise<Allowance> {
    const { db, clock } = this.#options;
    const subscription = await this.#subscriptionOf(serverId);
    const month = this.#monthOf(subscription);
    const sent = await db.transaction().execute(async (trx) => {
      const known = trx.selectFrom('meters').selectAll().where('serverId', '=', serverId);
      const before = await known.executeTakeFirst();
      const isSameRun = before?.run === run;
      const step = Math.max(0, sentBytes - (isSameRun ? before.runBytes : 0));
      const row: MeterRow = {
        ...{ serverId, run, viewers, monthStart: month.start, toldAt: clock.now() },
        runBytes: Math.max(sentBytes, isSameRun ? before.runBytes : 0),
        sentBytes: step + (before?.monthStart === month.start ? before.sentBytes : 0),
      };
      await trx.deleteFrom('meters').where('serverId', '=', serverId).execute();
      await trx.insertInto('meters').values(row).execute();
      return row.sentBytes;
    });
    const { transferBytes, concurrentViewers } = this.#limits(subscription);
    const mode = subscription ? modeOf(subscription) : 'full';
    return { mode, transferLeft: transferBytes - sent, concurrentViewers };
  }

  async usage(server: ServerRow): Promise<ServerUsage> {
    const { db, clock } = this.#options;
    const subscription = await this.#subscriptionOf(server.id);
    const month = this.#monthOf(subscription);
    const { transferBytes, concurrentViewers } = this.#limits(subscription);
    const meters = db.selectFrom('meters').selectAll().where('serverId', '=', server.id);
    const meter = await meters.executeTakeFirst();
    const isNow = meter !== undefined && meter.toldAt + STALE_MS > clock.now();
    const used = meter?.monthStart === month.start ? meter.sentBytes : 0;
    return {
      storage: { used: server.usedBytes, limit: server.quotaBytes },
      transfer: { used, limit: transferBytes, resetsAt: month.end },
      viewers: { now: isNow ? meter.viewers : 0, limit: concurrentViewers },
    };
  }

  /** Conversions of a server at once. */
  async transcodeShare(serverId: string): Promise<number> {
    return this.#limits(await this.#subscriptionOf(serverId)).transcodeShare;
  }

  #limits(subscription: SubscriptionRow | undefined) {
    const { items } = this.#options.plans;
    const plan = items.find(({ id }) => id === subscription?.planId) ?? items[0];
    if (!plan) throw new Error('there are no plans');
    return plan;
  }

  /** Transfer is counted by months, also where a year is paid at once. */
  #monthOf(subscription: SubscriptionRow | undefined): Period {
    const { anchorAt, createdAt, timeZone } = subscription ?? epoch;
    // A trial is anchored at its end; its months count from the beginning.
    const now = this.#options.clock.now();
    const from = anchorAt && Date.parse(anchorAt) <= now ? anchorAt : createdAt;
    return periodAt(from, periodIndexAt(from, now, 'month', timeZone), 'month', timeZone);
  }

  #subscriptionOf(serverId: string): Promise<SubscriptionRow | undefined> {
    const { db } = this.#options;
    return db.selectFrom('subscriptions').selectAll().where('serverId', '=', serverId).executeTakeFirst();
  }
}

/** For a server whose subscription is gone and that is about to be. */
const epoch = { anchorAt: null, createdAt: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' } as const;
