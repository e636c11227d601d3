/** What the one before expects to stand under some keys when its own commit has been done. */
type Expected<V> = ReadonlyMap<string, V>;

interface Place<V> {
  readonly expected: Expected<V>;
  /** Lets the next one go. */
  readonly pass: (expected: Expected<V>) => void;
}

/** Queues within this process, by key: those who want the same key go one after the other. */
export class KeyQueues<V> {
  readonly #last = new Map<string, Promise<Expected<V>>>();

  /** Whether somebody is at a key, or waits for it. */
  busy(key: string): boolean {
    return this.#last.has(key);
  }

  /**
   * Resolves once the caller is the first at all of the keys. It joins all queues in the same turn of the event
   * loop, so two who want several keys never wait for each other.
   */
  async join(keys: ReadonlySet<string>): Promise<Place<V>> {
    const { promise, resolve } = Promise.withResolvers<Expected<V>>();
    const before = [...keys].map((key) => [key, this.#last.get(key)] as const);
    for (const key of keys) this.#last.set(key, promise);
    const expected = new Map<string, V>();
    for (const [key, one] of before) {
      const passed = await one;
      if (passed?.has(key)) expected.set(key, passed.get(key) as V);
    }
    const pass = (values: Expected<V>) => {
      for (const key of keys) if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve(values);
    };
    return { expected, pass };
  }
}

/** The queues that one transaction stands in, over all its tries. */
export class Turn<V> {
  readonly #queues: KeyQueues<V>;
  readonly #keys = new Set<string>();
  #pass: Place<V>['pass'] | undefined;
  #ended = false;
  /** What the one before has left under our keys, if its commit is done: good for a try, but not for more. */
  expected: Expected<V> = new Map();

  constructor(queues: KeyQueues<V>) {
    this.#queues = queues;
  }

  /** Queues for a key that others queue for already; reading it out of turn would only be in vain. */
  async joinFor(key: string): Promise<void> {
    // One at most, so that nobody waits for us while we wait.
    if (this.#keys.size === 0 && this.#queues.busy(key)) await this.waitFor([key]);
  }

  /** Queues, again, for keys over which a try was lost. */
  async waitFor(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#keys.add(key);
    this.pass(new Map()); // who holds one and waits for another could wait for ever
    const place = await this.#queues.join(new Set(this.#keys));
    this.expected = place.expected;
    if (this.#ended) place.pass(new Map());
    else this.#pass = place.pass;
  }

  /**
   * Lets the next one go while our commit is still on its way. Its own commit follows ours on the same line and
   * is compared there with what is true then, so that many of them share a way and a flush.
   */
  pass(expected: Expected<V>): void {
    this.#pass?.(expected);
    this.#pass = undefined;
  }

  /** Leaves all queues; also those that a read which nobody awaits any more still stands in. */
  end(): void {
    this.#ended = true;
    this.pass(new Map());
  }
}
