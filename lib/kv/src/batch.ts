/** Writes that reach the disk together; `undefined` stands for a removal. */
export class Batch {
  readonly writes = new Map<string, unknown>();
  readonly #done = Promise.withResolvers<void>();

  constructor() {
    this.done.catch(() => undefined); // a batch of readers only may fail unheard
  }

  /** Resolves when the writes are durable. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  resolve(): void {
    this.#done.resolve();
  }

  reject(cause: unknown): void {
    this.#done.reject(cause);
  }
}

/**
 * Group commit in two stages: while one batch is being written, the next one gathers, so a thousand waiting
 * writers cost one flush. What gathers may have read what is being written; when that fails, both fail.
 */
export class GroupCommit {
  readonly #write: (writes: ReadonlyMap<string, unknown>) => Promise<unknown>;
  #flying: Batch | undefined;
  #gathering: Batch | undefined;

  constructor(write: (writes: ReadonlyMap<string, unknown>) => Promise<unknown>) {
    this.#write = write;
  }

  /** The newest value that is on its way to the disk. */
  pending(key: string): { readonly value: unknown } | undefined {
    for (const batch of [this.#gathering, this.#flying]) {
      if (batch?.writes.has(key)) return { value: batch.writes.get(key) };
    }
    return undefined;
  }

  /** Adds writes to the next batch. Resolves when they, and all that stood before, are durable. */
  add(writes: ReadonlyMap<string, unknown>): Promise<void> {
    const batch = this.#gathering ?? new Batch();
    for (const [key, value] of writes) batch.writes.set(key, value);
    if (!this.#gathering) {
      this.#gathering = batch;
      // After this turn of the event loop, so that all its writers share the batch.
      if (!this.#flying) setImmediate(() => this.#fly());
    }
    return batch.done;
  }

  /** Resolves when nothing is under way. */
  async settle(): Promise<void> {
    for (let batch = this.#last(); batch; batch = this.#last()) await batch.done.catch(() => undefined);
  }

  #last(): Batch | undefined {
    return this.#gathering ?? this.#flying;
  }

  #fly(): void {
    const batch = this.#gathering;
    if (!batch) return;
    this.#gathering = undefined;
    this.#flying = batch;
    const landed = () => {
      this.#flying = undefined;
      batch.resolve();
      this.#fly();
    };
    const failed = (cause: unknown) => {
      const followers = this.#gathering;
      this.#flying = undefined;
      this.#gathering = undefined;
      batch.reject(cause);
      followers?.reject(cause);
    };
    this.#write(batch.writes).then(landed, failed);
  }
}
