import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** One figure of a gauge. */
export interface Reading {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The metrics of one service; `/metrics` prints them in the Prometheus text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests: Histogram;
  readonly #counters = new Map<string, Counter>();

  /** `labels` are those of requests beside method, route and status. */
  constructor(service: string, options: { process?: boolean; labels?: readonly string[] } = {}) {
    this.registry.setDefaultLabels({ service });
    if (options.process) collectDefaultMetrics({ register: this.registry });
    this.requests = this.histogram(
      'http_request_duration_seconds',
      'Time from the request head to the end of the answer',
      ['method', 'route', 'status', ...(options.labels ?? [])],
    );
  }

  /** A histogram of seconds. */
  histogram(name: string, help: string, labelNames: readonly string[]): Histogram {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: SECONDS,
      registers: [this.registry],
    });
  }

  /** A gauge that is read when somebody asks. */
  gauge(name: string, help: string, labelNames: readonly string[], read: () => readonly Reading[]): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }

  /** A counter by name, made at its first use. */
  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    const known = this.#counters.get(name);
    if (known) return known;
    const counter = new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
    this.#counters.set(name, counter);
    return counter;
  }
}
