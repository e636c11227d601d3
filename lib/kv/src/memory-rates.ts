import type { Count, RateLimiter, Rates } from './rates.ts';

/** In the memory of this process; a restart forgives everything. */
export function memoryRates(): Rates {
  return {
    limiter: (_, points, seconds) => new MemoryLimiter(points, seconds),
    close: async () => undefined,
  };
}

interface Window {
  used: number;
  /** Milliseconds of the epoch. */
  readonly until: number;
}

/** Counts at once: it is asked before every request. */
class MemoryLimiter implements RateLimiter {
  readonly points: number;
  readonly seconds: number;
  /** All are as long, so the one that began first ends first. */
  readonly #windows = new Map<string, Window>();

  constructor(points: number, seconds: number) {
    this.points = points;
    this.seconds = seconds;
  }

  consume(key: string): Count {
    const now = Date.now();
    const window = this.#open(key, now) ?? this.#begin(key, now);
    window.used++;
    return this.#count(window, now);
  }

  async get(key: string): Promise<Count | undefined> {
    const now = Date.now();
    const window = this.#open(key, now);
    return window && this.#count(window, now);
  }

  async forget(key: string): Promise<void> {
    this.#windows.delete(key);
  }

  #open(key: string, now: number): Window | undefined {
    const window = this.#windows.get(key);
    return window && window.until > now ? window : undefined;
  }

  #begin(key: string, now: number): Window {
    for (const [over, { until }] of this.#windows) {
      if (until > now) break;
      this.#windows.delete(over);
    }
    const window = { used: 0, until: now + this.seconds * 1000 };
    this.#windows.delete(key); // a clock that was set back; the new one stands at the end
    this.#windows.set(key, window);
    return window;
  }

  #count({ used, until }: Window, now: number): Count {
    return { used, left: Math.max(0, this.points - used), ms: until - now };
  }
}
