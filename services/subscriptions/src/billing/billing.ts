import type { Logger } from '@ptsdly/kit';
import type { Clock } from '../clock.ts';
import type { Payments } from '../payments/payments.ts';
import type { Plans } from '../plans.ts';
import type { Servers } from '../servers.ts';
import { ChangesOfPlan } from './changes-of-plan.ts';
import { Clockwork } from './clockwork.ts';
import { Collector } from './collector.ts';
import { Due } from './due.ts';
import { Endings } from './endings.ts';
import { Lifecycle } from './lifecycle.ts';
import { Methods } from './methods.ts';
import { Settlement } from './settlement.ts';
import { inTransaction, type Work } from './work.ts';

export interface BillingOptions {
  readonly servers: Servers;
  readonly plans: Plans;
  readonly payments: Payments;
  readonly clock: Clock;
  /** Hurries the reconcile loop. */
  readonly nudge: (serverId: string) => void;
  /** 0..1, for jitter. */
  readonly random: () => number;
  readonly log: Logger;
}

/** Everything of the billing timeline, put together. */
export class Billing {
  readonly plans: Plans;
  readonly payments: Payments;
  readonly due: Due;
  readonly lifecycle: Lifecycle;
  readonly settlement: Settlement;
  readonly collector: Collector;
  readonly methods: Methods;
  readonly changes: ChangesOfPlan;
  readonly endings: Endings;
  readonly clockwork: Clockwork;
  readonly #options: BillingOptions;

  constructor(options: BillingOptions) {
    const { servers, plans, payments, clock, random, log } = options;
    const { db } = servers;
    const transaction = <T>(work: (work: Work) => Promise<T>) => this.transaction(work);
    const hurry = () => this.clockwork.hurry();
    this.#options = options;
    this.plans = plans;
    this.payments = payments;
    this.due = new Due(db, clock);
    const { due } = this;
    this.lifecycle = new Lifecycle({ plans, due, clock, isComplimentary: payments.name === 'none' });
    const { lifecycle } = this;
    this.settlement = new Settlement({ plans, due, clock, lifecycle, log });
    const { settlement } = this;
    this.collector = new Collector({ db, payments, settlement, due, clock, transaction, log });
    const { collector } = this;
    const shared = { db, plans, lifecycle, collector, due, clock, transaction };
    this.methods = new Methods({ ...shared, payments, hurry });
    this.changes = new ChangesOfPlan(shared);
    this.endings = new Endings(shared);
    this.clockwork = new Clockwork({
      ...{ due, lifecycle, collector, payments, clock, transaction, random, log },
      methods: this.methods,
    });
  }

  transaction<T>(work: (work: Work) => Promise<T>): Promise<T> {
    const { servers, nudge } = this.#options;
    return inTransaction(servers, nudge, work);
  }

  /** Subscriptions from before there were periods get theirs, and the loop begins. */
  async start(): Promise<void> {
    const { servers, clock } = this.#options;
    const old = servers.db.selectFrom('subscriptions').select('id').where('state', '=', 'active');
    for (const { id } of await old.where('periodEnd', 'is', null).execute()) {
      await this.transaction(({ trx }) => this.due.set(trx, 'period', id, clock.now()));
    }
    this.clockwork.start();
  }
}
