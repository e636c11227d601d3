import { checkKey, checkValue } from './key.ts';
import type { Turn } from './key-queues.ts';
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
  readonly #turn: Turn<Stored>;
  readonly #known: Snapshot;
  #fetched = 0;
  #guessed = false;

  /** `known` is what the try before has found. */
  constructor(read: (key: string) => Promise<Stored>, turn: Turn<Stored>, known: Snapshot) {
    this.#read = read;
    this.#turn = turn;
    this.#known = known;
  }

  async get<V>(key: string): Promise<V | undefined> {
    checkKey(key);
    const known = this.writes.has(key) ? this.writes.get(key) : this.reads.get(key);
    if (known !== undefined) return parse(known);
    const text = await this.#look(key);
    // Read twice at the same time: the first answer is the one that everybody sees.
    const first = this.reads.get(key);
    if (first !== undefined) return parse(first);
    this.reads.set(key, text);
    return parse(text);
  }

  /** Whether all that was read is surely of one moment. */
  get isSnapshot(): boolean {
    return !this.#guessed && (this.#fetched === 0 || this.reads.size <= 1);
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

  /** The newest that is known here, or what the store says. */
  async #look(key: string): Promise<Stored> {
    if (!this.#known.has(key)) await this.#turn.joinFor(key);
    const expected = this.#turn.expected.get(key);
    if (expected !== undefined) {
      this.#guessed = true;
      return expected;
    }
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#fetched++;
    return this.#read(key);
  }
}

export function parse<V>(text: Stored): V | undefined {
  return text === null ? undefined : (JSON.parse(text) as V);
}
