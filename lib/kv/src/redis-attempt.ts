import { checkKey, checkValue } from './key.ts';
import type { KeyLocks } from './key-locks.ts';
import type { Tx } from './kv.ts';

/** The text of a value, or null where there is none. */
export type Stored = string | null;

/** What a transaction has read and wants to write. */
export interface Changes {
  readonly reads: ReadonlyMap<string, Stored>;
  readonly writes: ReadonlyMap<string, Stored>;
}

/** One run of a transaction's work: reads from the store, remembers what it saw, keeps its writes to itself. */
export class Attempt implements Tx, Changes {
  readonly reads = new Map<string, Stored>();
  readonly writes = new Map<string, Stored>();
  readonly #read: (key: string) => Promise<Stored>;
  readonly #locks: KeyLocks;
  #guarded: boolean;
  #release: (() => void) | undefined;

  /** `guarded` says that the caller has locks already. */
  constructor(read: (key: string) => Promise<Stored>, locks: KeyLocks, guarded: boolean) {
    this.#read = read;
    this.#locks = locks;
    this.#guarded = guarded;
  }

  async get<V>(key: string): Promise<V | undefined> {
    checkKey(key);
    const known = this.writes.has(key) ? this.writes.get(key) : this.reads.get(key);
    if (known !== undefined) return parse(known);
    await this.#waitTurn(key);
    const text = await this.#read(key);
    // Read twice at the same time: the first answer is the one that everybody sees.
    const first = this.reads.get(key);
    if (first !== undefined) return parse(first);
    this.reads.set(key, text);
    return parse(text);
  }

  put(key: string, value: unknown): void {
    checkKey(key);
    checkValue(value);
    this.writes.set(key, JSON.stringify(value));
  }

  remove(key: string): void {
    checkKey(key);
    this.writes.set(key, null);
  }

  end(): void {
    this.#release?.();
  }

  /** Where others of this process already queue for a key, reading it out of turn would only be in vain. */
  async #waitTurn(key: string): Promise<void> {
    if (this.#guarded || !this.#locks.busy(key)) return;
    this.#guarded = true; // one at most, so that nobody waits for us while we wait
    this.#release = await this.#locks.take([key]);
  }
}

export function parse<V>(text: Stored): V | undefined {
  return text === null ? undefined : (JSON.parse(text) as V);
}
