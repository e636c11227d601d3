import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** The metrics of one service; `/metrics` prints them in the Prometheus text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly #counters = new Map<string, Counter>();

  constructor(service: string, options: { process?: boolean } = {}) {
    this.registry.setDefaultLabels({ service });
    if (options.process) collectDefaultMetrics({ register: this.registry });
    this.requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the request head to the end of the answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers: [this.registry],
    });
  }

  /** A counter by name, made at its first use. */
  counter(name: string, help: string): Counter {
    const known = this.#counters.get(name);
    if (known) return known;
    const counter = new Counter({ name, help, registers: [this.registry] });
    this.#counters.set(name, counter);
    return counter;
  }
}
