/** What somebody has used of a window, and what is left. */
export interface Count {
  readonly used: number;
  readonly left: number;
  /** Milliseconds until the window ends. */
  readonly ms: number;
}

/** Counts by key in windows of `seconds`; `points` are allowed in each. Nothing here ever rejects. */
export interface RateLimiter {
  readonly points: number;
  readonly seconds: number;
  /** Takes one, at once where it is counted in memory; refused where `used` is greater than `points`. */
  consume(key: string): Count | Promise<Count>;
  /** Looks without taking; undefined where nothing was taken. */
  get(key: string): Promise<Count | undefined>;
  /** Gives everything back. */
  forget(key: string): Promise<void>;
}

/** Where limits are counted. */
export interface Rates {
  /** `name` keeps limiters apart. */
  limiter(name: string, points: number, seconds: number): RateLimiter;
  close(): Promise<void>;
}

export interface RatesOptions {
  /** Called when the shared store is lost and when it is back. */
  readonly onChange?: (state: 'lost' | 'back', error?: Error) => void;
}
