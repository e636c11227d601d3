import { Problem } from '@ptsdly/contract';
import type { Metrics } from '@ptsdly/kit';
import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
} from 'cockatiel';
import type { Counter, Histogram } from 'prom-client';
import { Circuit } from './circuit.ts';
import { RetryBudget } from './retry-budget.ts';
import type { Upstream } from './route.ts';

/** What is behind a socket: every service but the gateway itself. */
export type UpstreamName = Exclude<Upstream, 'gateway'>;

/** How long an upstream may take, in milliseconds. */
export interface Patience {
  /** Until the head of its answer, counted from the end of the request. */
  readonly answerMs: number;
  /** How long a request waits for somebody to listen there; 0 where the caller looks for another place instead. */
  readonly holdMs: number;
}

/** A restart of a service takes a second or two; a media server is looked up again rather than waited for. */
const PATIENCE: Readonly<Record<UpstreamName, Patience>> = {
  identity: { answerMs: 30_000, holdMs: 10_000 },
  subscriptions: { answerMs: 30_000, holdMs: 10_000 },
  links: { answerMs: 30_000, holdMs: 10_000 },
  web: { answerMs: 10_000, holdMs: 10_000 },
  media: { answerMs: 60_000, holdMs: 0 },
};
/** While the circuit is half open one request finds out for all, and nobody waits long for it. */
const PROBE: Patience = { answerMs: 2000, holdMs: 0 };

const FAILURES = 5;
const OPEN_MS = { initialDelay: 1000, maxDelay: 15_000 };
const MAX_KNOWN = 10_000;

/** Circuit breaker and retry budget of one address. */
export interface Guard {
  readonly name: UpstreamName;
  readonly budget: RetryBudget;
  /**
   * Runs a request up to the head of its answer. Rejects with `unavailable` at once where the last ones all went
   * unanswered, so that an upstream that hangs holds nobody's connection.
   */
  run(attempt: (patience: Patience) => Promise<void>): Promise<void>;
  retried(reason: 'unreached' | 'reset'): void;
  /** Notes how long the head of an answer took. */
  answered(route: string, seconds: number): void;
}

/** The guards of all upstreams, and what is measured of them. */
export class Upstreams {
  readonly #guards = new Map<string, Guard & { readonly breaker: CircuitBreakerPolicy }>();
  readonly #patience: typeof PATIENCE;
  readonly #answers: Histogram;
  readonly #retries: Counter;

  constructor(metrics: Metrics, patience: Partial<typeof PATIENCE> = {}) {
    this.#patience = { ...PATIENCE, ...patience };
    this.#answers = metrics.histogram(
      'gateway_upstream_answer_seconds',
      'Time from the end of the request to the head of the answer',
      ['upstream', 'route'],
    );
    this.#retries = metrics.counter('gateway_retries_total', 'Requests sent again', ['upstream', 'reason']);
    metrics.gauge(
      'gateway_circuits_open',
      'Addresses that are not asked for the time being',
      ['upstream'],
      () => this.#open(),
    );
  }

  guard(name: UpstreamName, address: string): Guard {
    const key = `${name} ${address}`;
    const known = this.#guards.get(key);
    if (known) return known;
    const guard = this.#make(name);
    if (this.#guards.size >= MAX_KNOWN) this.#guards.delete(this.#guards.keys().next().value as string);
    this.#guards.set(key, guard);
    return guard;
  }

  #make(name: UpstreamName) {
    const patience = this.#patience[name];
    const failed = (error: unknown) =>
      error instanceof Problem &&
      (error.code === 'upstream_timeout' || (error.code === 'unavailable' && patience.holdMs > 0));
    const breaker = circuitBreaker(handleWhen(failed), {
      halfOpenAfter: new ExponentialBackoff(OPEN_MS),
      breaker: new ConsecutiveBreaker(FAILURES),
    });
    const circuit = new Circuit(breaker, failed);
    return {
      ...{ name, breaker, budget: new RetryBudget() },
      run: (attempt: (patience: Patience) => Promise<void>) =>
        circuit.run(() => attempt(breaker.state === CircuitState.HalfOpen ? PROBE : patience)),
      retried: (reason: string) => this.#retries.inc({ upstream: name, reason }),
      answered: (route: string, seconds: number) => this.#answers.observe({ upstream: name, route }, seconds),
    };
  }

  #open() {
    const counts = new Map<string, number>(Object.keys(PATIENCE).map((name) => [name, 0]));
    for (const { name, breaker } of this.#guards.values()) {
      if (breaker.state !== CircuitState.Closed) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([upstream, value]) => ({ labels: { upstream }, value }));
  }
}
