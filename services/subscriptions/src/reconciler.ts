import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, Rounds } from '@ptsdly/kit';
import { backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { type Host, HostError } from './hosts/host.ts';
import type { Leases, Outcome } from './leases.ts';
import { type Action, next } from './next.ts';
import type { ServerRow } from './schema.ts';

const AT_ONCE = 8;
const TICK_MS = 1000;
/** How soon to look again while the host is at work; it usually says so earlier. */
const WAIT_MS = 2000;
/** More steps than any way from one state to another has. */
const MAX_STEPS = 8;
const CLOSE_MS = 10_000;
/** So many failures of the passing kind stand in the timeline. */
const NOTICED = 3;

export interface ReconcilerOptions {
  readonly leases: Leases;
  readonly host: Host;
  readonly clock: Clock;
  /** 0..1, for jitter. */
  readonly random: () => number;
  readonly log: Logger;
}

const settled: Outcome = { nextRunAt: null, attempts: 0, lastError: null };

/**
 * Makes servers what they are meant to be: level-triggered, so it looks at what is and never at what happened,
 * and a crash at any step is mended by looking again. What is due stands in the database; a nudge only hurries.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #nudged = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  readonly #rounds: Rounds;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      everyMs: TICK_MS,
      once: () => this.#dispatch(),
      failed: (err) => options.log.error({ err }, 'the reconcile loop could not read what is due'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Looks at a server soon, and once more when it is being looked at just now. */
  nudge(id: string): void {
    this.#nudged.add(id);
    this.#rounds.hurry();
  }

  /** Lets what is under way end, for at most ten seconds; leases and the next start take care of the rest. */
  async close(): Promise<void> {
    await this.#rounds.close();
    const deadline = new AbortController();
    const late = sleep(CLOSE_MS, undefined, { signal: deadline.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.#working.values()), late]);
    deadline.abort();
  }

  /** One turn for one server: look, record, act, look again, until it is as desired or must wait. */
  async reconcile(id: string): Promise<void> {
    const { leases, log } = this.#options;
    const row = await leases.claim(id);
    if (!row) return;
    let current = row;
    try {
      const outcome = await this.#steps(row, (changed) => {
        current = changed;
      });
      if (row.attempts > 0 && outcome.nextRunAt === null) await leases.record(current, current, null);
      await leases.release(current, outcome);
    } catch (thrown) {
      const error = HostError.from(thrown);
      log.warn({ err: error, serverId: id, kind: error.kind }, 'a server could not be brought to its state');
      await this.#failed(current, error);
    }
  }

  async #steps(row: ServerRow, track: (row: ServerRow) => void): Promise<Outcome> {
    const { leases, host, clock } = this.#options;
    let current = row;
    for (let step = 0; step < MAX_STEPS; step++) {
      const action = next(current, await host.observe(row.id));
      const recorded = await leases.record(current, action);
      if (!recorded) return { ...settled, nextRunAt: clock.now() };
      current = recorded;
      track(current);
      if (action.do === 'none') return settled;
      if (action.do === 'wait') return { ...settled, nextRunAt: clock.now() + WAIT_MS };
      await perform(host, current, action.do);
    }
    throw new HostError('retry', 'the host does not come to the desired state');
  }

  async #failed(row: ServerRow, error: HostError): Promise<void> {
    const { leases, clock, random } = this.#options;
    const attempts = row.attempts + 1;
    const pause = backoff(error.kind, attempts, random());
    const nextRunAt = pause === null ? null : clock.now() + pause;
    // A pause that the owner will notice is explained; a hiccup is not.
    if (error.kind !== 'retry' || attempts >= NOTICED) {
      const isExplained = error.kind !== 'retry';
      const told = {
        state: pause === null ? 'failed' : row.state,
        failure: isExplained ? error.message : row.failure,
      } as const;
      const retryAt = nextRunAt === null ? null : new Date(nextRunAt).toISOString();
      await leases.record(row, told, { cause: error.kind, retryAt });
    }
    await leases.release(row, { nextRunAt, attempts, lastError: error.message });
  }

  async #dispatch(): Promise<void> {
    const room = AT_ONCE - this.#working.size;
    if (room <= 0) return;
    const ids = new Set([...this.#nudged, ...(await this.#options.leases.due(AT_ONCE))]);
    for (const id of ids) {
      if (this.#working.has(id)) continue;
      if (this.#working.size >= AT_ONCE || this.#rounds.signal.aborted) return;
      this.#nudged.delete(id);
      this.#working.set(id, this.#work(id));
    }
  }

  async #work(id: string): Promise<void> {
    try {
      await this.reconcile(id);
    } catch (error) {
      this.#options.log.error({ err: error, serverId: id }, 'a turn of the reconcile loop failed');
    } finally {
      this.#working.delete(id);
      this.#rounds.hurry();
    }
  }
}

function perform(host: Host, row: ServerRow, action: Exclude<Action['do'], 'none' | 'wait'>): Promise<void> {
  if (action !== 'ensure') return host[action](row.id);
  const { id: serverId, ownerId, generation, slug, quotaBytes, storage } = row;
  return host.ensure({ serverId, ownerId, generation, slug, quotaBytes, storage });
}
