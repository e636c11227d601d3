/** Queues within this process, by key: those who want the same key go one after the other. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<void>>();

  /** Whether somebody has the key, or waits for it. */
  busy(key: string): boolean {
    return this.#last.has(key);
  }

  /**
   * Resolves with the release once all keys are the caller's. It joins all queues in the same turn of the event
   * loop, so two who want several keys never wait for each other.
   */
  async take(keys: ReadonlySet<string>): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = [...keys].map((key) => this.#last.get(key));
    for (const key of keys) this.#last.set(key, promise);
    await Promise.all(before);
    return () => {
      for (const key of keys) if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    };
  }
}

/** The keys that one transaction has queued for, over all its tries. */
export class Turn {
  readonly #locks: KeyLocks;
  readonly #keys = new Set<string>();
  #release: (() => void) | undefined;
  #ended = false;

  constructor(locks: KeyLocks) {
    this.#locks = locks;
  }

  /** Queues for a key that others queue for already; reading it out of turn would only be in vain. */
  async joinFor(key: string): Promise<void> {
    // One at most, so that nobody waits for us while we wait.
    if (this.#keys.size === 0 && this.#locks.busy(key)) await this.waitFor([key]);
  }

  /** Queues for keys over which a try was lost. Losers go one by one: a thousand need a thousand tries, not a million. */
  async waitFor(keys: readonly string[]): Promise<void> {
    const more = keys.filter((key) => !this.#keys.has(key));
    if (more.length === 0) return;
    for (const key of more) this.#keys.add(key);
    this.#release?.(); // who holds one and waits for another could wait for ever
    this.#release = undefined;
    const release = await this.#locks.take(new Set(this.#keys));
    if (this.#ended) release();
    else this.#release = release;
  }

  /** Gives all keys back; also those that a read which nobody awaits any more still queues for. */
  end(): void {
    this.#ended = true;
    this.#release?.();
  }
}
