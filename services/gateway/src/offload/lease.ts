/** When a right that was given is asked for again. */
const RENEW_MS = 300;
/** How long after it was asked for it lasts at most. */
const LEASE_MS = 900;

export interface LeaseOptions {
  /** Rejects when the right is not given any more. */
  readonly ask: (signal: AbortSignal) => Promise<void>;
  /** Whether to go on asking though nobody holds it. */
  readonly isWanted: () => boolean;
  /** Called once: nobody wanted it any more, or it was lost. */
  readonly over: () => void;
}

/**
 * A right to send that ends by itself: no later than `LEASE_MS` after the moment in which it was last asked for and
 * given, as an answer may be late but was never given before it was asked for. It is asked for again all the time while
 * somebody holds it or it is wanted.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #holders = new Set<() => void>();
  readonly #end = new AbortController();
  /** In milliseconds of `performance.now()`. */
  #askedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(askedAt: number, options: LeaseOptions) {
    this.#askedAt = askedAt;
    this.#options = options;
    this.#wait();
  }

  /** Whether somebody may begin to send now. */
  get isGood(): boolean {
    return !this.isOver && performance.now() < this.#askedAt + LEASE_MS;
  }

  get isOver(): boolean {
    return this.#end.signal.aborted;
  }

  /** `lost` is called when it was refused or not given in time, at once where it is over, until the returned function is called. */
  hold(lost: () => void): () => void {
    const holder = () => lost();
    if (this.isOver) lost();
    else this.#holders.add(holder);
    return () => void this.#holders.delete(holder);
  }

  /** Ends it, for its holders too. */
  stop(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    clearTimeout(this.#timer);
    for (const lost of this.#holders) lost();
    this.#options.over();
  }

  #wait(): void {
    const pause = Math.max(0, this.#askedAt + RENEW_MS - performance.now());
    this.#timer = setTimeout(() => void this.#renew(), pause).unref();
  }

  async #renew(): Promise<void> {
    if (this.#holders.size === 0 && !this.#options.isWanted()) return this.stop();
    const from = this.#askedAt;
    const now = performance.now();
    const expire = () => {
      if (this.#askedAt === from) this.stop();
    };
    // A process that was held up looks first whether the answer is there.
    const expiry = setTimeout(() => setImmediate(expire), from + LEASE_MS - now);
    try {
      await this.#options.ask(this.#end.signal);
      if (this.#end.signal.aborted) return;
      this.#askedAt = now;
      this.#wait();
    } catch {
      this.stop();
    } finally {
      clearTimeout(expiry);
    }
  }
}
