/** One piece of work for a name after the other. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Whether somebody is at work on it or waits. */
  isTaken(name: string): boolean {
    return this.#last.has(name);
  }

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
