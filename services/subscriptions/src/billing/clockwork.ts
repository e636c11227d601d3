import { Problem } from '@ptsdly/contract';
import { type Logger, Rounds } from '@ptsdly/kit';
import type { Clock } from '../clock.ts';
import type { Payments } from '../payments/payments.ts';
import type { SubscriptionRow } from '../schema.ts';
import type { Collector } from './collector.ts';
import type { Due } from './due.ts';
import { ABANDON_DAYS, DAY_MS } from './dunning.ts';
import { pendingCharge } from './invoices.ts';
import type { Lifecycle } from './lifecycle.ts';
import { afterEvent } from './machine.ts';
import type { Methods } from './methods.ts';
import type { DueKind, DueRow } from './schema.ts';
import { applyWish } from './service-wish.ts';
import { save, subscriptionRow, type Work } from './work.ts';

const TICK_MS = 1000;

export interface ClockworkParts {
  readonly due: Due;
  readonly lifecycle: Lifecycle;
  readonly collector: Collector;
  readonly methods: Methods;
  readonly payments: Payments;
  readonly clock: Clock;
  readonly transaction: <T>(work: (work: Work) => Promise<T>) => Promise<T>;
  /** 0..1, for jitter. */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Does what is due. Each kind of work looks at the rows as they are then, so work that nobody needs any more does
 * nothing, and a crash in its midst is mended by doing it again.
 */
export class Clockwork {
  readonly #parts: ClockworkParts;
  readonly #rounds: Rounds;

  constructor(parts: ClockworkParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      everyMs: TICK_MS,
      once: () => this.once(),
      failed: (err) => parts.log.error({ err }, 'due work could not be read'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  hurry(): void {
    this.#rounds.hurry();
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** Does everything whose time has come. Returns how much that was. */
  async once(): Promise<number> {
    const { due, log, random } = this.#parts;
    for (let count = 0; ; count++) {
      const row = this.#rounds.signal.aborted ? undefined : await due.claim();
      if (!row) return count;
      try {
        await this.#do(row);
        await due.done(row);
      } catch (error) {
        const { kind, attempts } = row;
        const level = error instanceof Problem && attempts < 10 ? 'warn' : 'error';
        log[level]({ err: error, kind, attempts: attempts + 1 }, 'due work failed; it comes again');
        await due.failed(row, random());
      }
    }
  }

  async #do({ kind, subject }: DueRow): Promise<void> {
    const { collector, methods, payments } = this.#parts;
    switch (kind) {
      case 'collect':
        return void (await collector.collect(subject));
      case 'check':
        return collector.check(subject);
      case 'event':
        return methods.handleEvent(subject);
      case 'method':
        return methods.look(subject);
      case 'forget_method':
        return payments.forget(subject);
      default:
        return this.#parts.transaction(async (work) => {
          const row = await subscriptionRow(work.trx, subject);
          if (row) await this.#step(work, kind, row);
        });
    }
  }

  /** What happens to a subscription at a time. */
  async #step(work: Work, kind: DueKind, row: SubscriptionRow): Promise<void> {
    const { lifecycle, clock } = this.#parts;
    if (kind === 'period') await lifecycle.renew(work, row);
    else if (kind === 'expire' && row.state === 'incomplete') await lifecycle.end(work, row);
    else if (kind === 'give_up' && row.state === 'past_due') await this.#giveUp(work, row);
    else if (kind === 'abandon' && row.state === 'unpaid') await lifecycle.end(work, row);
    else if (kind === 'purge' && row.state === 'canceled') await lifecycle.purge(work, row);
    else if (kind === 'export_end') await applyWish(work, row, clock);
    else if (kind === 'trial_notice' && row.state === 'trialing' && row.endsAt === null) {
      await lifecycle.write(work, row, 'trial-ending', { endsAt: row.trialEndsAt ?? '' });
    } else if (kind === 'removal_notice' && row.state === 'canceled') {
      await lifecycle.write(work, row, 'data-removal', { purgeAt: row.purgeAt ?? '' });
    }
  }

  /** The days of dunning are over: the server stops, its data stays. */
  async #giveUp(work: Work, row: SubscriptionRow): Promise<void> {
    const { lifecycle, due, clock } = this.#parts;
    if (await pendingCharge(work.trx, row.id)) {
      throw new Problem('conflict', { detail: 'A payment is under way.' });
    }
    const unpaid = await save(work, row, { state: afterEvent(row.state, 'given_up') });
    await due.set(work.trx, 'abandon', row.id, clock.now() + ABANDON_DAYS * DAY_MS);
    await applyWish(work, unpaid, clock);
    await lifecycle.write(work, row, 'subscription-suspended', { reason: '' });
  }
}
