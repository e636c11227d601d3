/** A key with its value. */
export interface Entry<V> {
  readonly key: string;
  readonly value: V;
}

/** Which keys a scan visits, in the order of their UTF-8 bytes. */
export interface Range {
  /** Only keys that begin with this; the empty string means all. */
  readonly prefix: string;
  /** Begin at this key, itself included where it exists. */
  readonly start?: string;
  /** Begin behind this key, which need not exist: the last key of a page begins the next one. */
  readonly after?: string;
  /** Entries at most. */
  readonly limit: number;
  /** From the last key to the first; `start` and `after` are then upper bounds. */
  readonly reverse?: boolean;
}

/** What a transaction sees: the store as it stood, with its own writes. */
export interface Tx {
  get<V>(key: string): Promise<V | undefined>;
  /** Written when the work ends well. */
  put(key: string, value: unknown): void;
  remove(key: string): void;
}

/**
 * An ordered key-value store with transactions. Values are what JSON can say (an absent value is `undefined`,
 * so `undefined` itself cannot be stored); keys are well-formed strings of 1 to 1,000 bytes in UTF-8. A promise
 * of a write resolves when the write is on disk (Redis: as far as its own settings promise, see the README). All
 * methods reject with a `KvError` when the store is away, full or closed, and nothing of a rejected write is ever
 * seen again; only where the connection broke before Redis had answered, the whole write may have happened.
 */
export interface Kv {
  /** Whether other processes may write to the store as well. */
  readonly shared: boolean;
  get<V>(key: string): Promise<V | undefined>;
  /** Writes only where there is nothing; answers whether it did. */
  insert(key: string, value: unknown): Promise<boolean>;
  put(key: string, value: unknown): Promise<void>;
  /** Removing what is not there is fine. */
  remove(key: string): Promise<void>;
  scan<V>(range: Range): Promise<Entry<V>[]>;
  /**
   * Runs `work` as if alone (serialisable) and writes all of it or, when it throws, nothing. The work awaits
   * nothing but its `tx` and has no side effects: an optimistic driver runs it again when another writer was
   * faster. A scan is not part of a transaction.
   */
  transaction<T>(work: (tx: Tx) => Promise<T> | T): Promise<T>;
  /** Ends what is under way, then lets go of the store. */
  close(): Promise<void>;
}

/** What an embedded store offers besides; others have backups of their own. */
export interface Backups {
  /**
   * Copies the store as it is at this moment into a folder that does not exist yet, while it goes on working; the copy
   * is on disk when this resolves. Rejects with the system's error, and leaves no half copy behind.
   */
  backUp(folder: string): Promise<void>;
}

/** What a store in memory's reach offers besides: a read that waits for nothing. */
export interface Peeks {
  /** As `get`, at once; throws what `get` rejects with. The value is shared with others who peek: it is not changed. */
  peek<V>(key: string): V | undefined;
}

export const canPeek = (kv: Kv): kv is Kv & Peeks => 'peek' in kv;

export const canBackUp = (kv: Kv): kv is Kv & Backups => 'backUp' in kv;
