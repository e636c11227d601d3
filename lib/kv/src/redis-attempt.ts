import { checkKey, checkValue } from './key.ts';
import type { Turn } from './key-locks.ts';
import type { Tx } from './kv.ts';

/** The text of a value, or null where there is none. */
export type Stored = string | null;

/** What stood under some keys at one moment. */
export type Snapshot = ReadonlyMap<string, Stored>;

/** What a transaction has read and wants to write. */
export interface Changes {
  readonly reads: Snapshot;
  readonly writes: ReadonlyMap<string, Stored>;
}

/** One run of a transaction's work: reads from the store, remembers what it saw, keeps its writes to itself. */
export class Attempt implements Tx, Changes {
  readonly reads = new Map<string, Stored>();
  readonly writes = new Map<string, Stored>();
  readonly #read: (key: string) => Promise<Stored>;
  readonly #turn: Turn;
  readonly #known: Snapshot;
  #fetched = 0;

  /** `known` is what the try before has found. */
  constructor(read: (key: string) => Promise<Stored>, turn: Turn, known: Snapshot) {
    this.#read = read;
    this.#turn = turn;
    this.#known = known;
  }

  async get<V>(key: string): Promise<V | undefined> {
    checkKey(key);
    const known = this.writes.has(key) ? this.writes.get(key) : this.reads.get(key);
    if (known !== undefined) return parse(known);
    const text = this.#known.get(key) ?? (await this.#fetch(key));
    // Read twice at the same time: the first answer is the one that everybody sees.
    const first = this.reads.get(key);
    if (first !== undefined) return parse(first);
    this.reads.set(key, text);
    return parse(text);
  }

  /** Whether all that was read is surely of one moment. */
  get isSnapshot(): boolean {
    return this.#fetched === 0 || this.reads.size <= 1;
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

  async #fetch(key: string): Promise<Stored> {
    if (this.#known.has(key)) return null;
    await this.#turn.joinFor(key);
    this.#fetched++;
    return this.#read(key);
  }
}

export function parse<V>(text: Stored): V | undefined {
  return text === null ? undefined : (JSON.parse(text) as V);
}
