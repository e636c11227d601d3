/** Turns within this process, by key: those who want the same key go one after the other. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<void>>();

  /** Whether somebody has the key, or waits for it. */
  busy(key: string): boolean {
    return this.#last.has(key);
  }

  /** Resolves with the release once all keys are the caller's. All are queued for in the same turn, so two who want several keys never wait for each other. */
  async take(keys: Iterable<string>): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const mine = [...new Set(keys)];
    const before = mine.map((key) => this.#last.get(key));
    for (const key of mine) this.#last.set(key, promise);
    await Promise.all(before);
    return () => {
      for (const key of mine) if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    };
  }
}
