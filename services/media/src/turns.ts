/** A turn that has been taken; `release` lets the next one begin. */
export interface Turn {
  /** True once somebody waits for this turn to end. */
  readonly wanted: boolean;
  /** Called at most once, at once when the turn is already wanted. */
  onWanted(leave: () => void): void;
  release(): void;
}

/**
 * One at a time for each key. A newcomer asks the one before it to leave: a client that reconnects must not
 * wait until the server notices that its old connection is dead.
 */
export class Turns {
  readonly #last = new Map<string, OneTurn>();

  /** Resolves when every earlier turn of this key has ended. */
  async take(key: string): Promise<Turn> {
    const before = this.#last.get(key);
    const turn = new OneTurn(() => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    });
    this.#last.set(key, turn);
    before?.want();
    await before?.over;
    return turn;
  }
}

class OneTurn implements Turn {
  readonly #over = Promise.withResolvers<void>();
  readonly #forget: () => void;
  #leave: (() => void) | undefined;
  wanted = false;

  constructor(forget: () => void) {
    this.#forget = forget;
  }

  get over(): Promise<void> {
    return this.#over.promise;
  }

  want(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.#leave?.();
  }

  onWanted(leave: () => void): void {
    this.#leave = leave;
    if (this.wanted) leave();
  }

  release(): void {
    this.#forget();
    this.#over.resolve();
  }
}
