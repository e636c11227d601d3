import { mkdir, rm, statfs } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { GroupCommit } from './batch.ts';
import { type ExclusiveFolder, takeFolder } from './exclusive-folder.ts';
import { HotValues } from './hot-values.ts';
import { checkKey, checkValue } from './key.ts';
import type { Backups, Entry, Kv, Peeks, Range, Tx } from './kv.ts';
import { closedError, KvError } from './kv-error.ts';
import { syncFolder } from './sync-folder.ts';

/** Strings and, for bounds between strings, bytes. */
type Key = string | Buffer;

/** Bytes of a disk on which nothing can be written any more. */
const LITTLE = 1024 * 1024;
/** Behind every key that begins with a prefix: UTF-8 never has this byte. */
const BEHIND = Buffer.from([0xff]);

/**
 * Keys as their UTF-8 bytes, so that the order is the same in every driver. lmdb writes keys into buffers of its
 * own and takes a new one on a `RangeError`; `Buffer.write` alone would cut the key silently.
 */
const keyEncoder = {
  writeKey(key: Key, target: Buffer, start: number): number {
    const room = target.length - start;
    const tight = typeof key === 'string' ? key.length * 3 > room : key.length > room;
    if (tight && Buffer.byteLength(key) > room) throw new RangeError('the key needs a new buffer');
    return start + (typeof key === 'string' ? target.write(key, start) : key.copy(target, start));
  },
  readKey(source: Buffer, start: number, end: number): string {
    return source.toString('utf8', start, end);
  },
};

/** `lmdb:<folder>`: one process at a time, memory-mapped reads, every commit flushed before it is acknowledged. */
export function openLmdb(location: string): Kv {
  if (!location) throw new Error('lmdb: needs a folder, as in lmdb:./data/kv');
  const folder = takeFolder(location);
  try {
    return new Lmdb(folder);
  } catch (cause) {
    folder.release();
    throw new Error(`${folder.path} could not be opened as a key-value store`, { cause });
  }
}

class Lmdb implements Kv, Backups, Peeks {
  readonly shared = false;
  readonly #folder: ExclusiveFolder;
  readonly #db: RootDatabase<unknown, Key>;
  readonly #commit: GroupCommit;
  readonly #hot = new HotValues();
  /** What is on its way to the disk, so that old and new may both be read. */
  #writing: ReadonlyMap<string, unknown> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(folder: ExclusiveFolder) {
    this.#folder = folder;
    this.#db = open<unknown, Key>({
      path: folder.path,
      noSubdir: false,
      overlappingSync: false, // a commit is flushed when its promise resolves
      eventTurnBatching: false, // we batch ourselves; its own batches reject unheard when the disk is full
      encoder: { useRecords: false } as never, // plain MessagePack maps; the typings know only ready encoders
      keyEncoder,
    } as Parameters<typeof open>[0] & { path: string }) as RootDatabase<unknown, Key>;
    this.#commit = new GroupCommit((writes) => this.#write(writes));
  }

  async get<V>(key: string): Promise<V | undefined> {
    this.#check(key);
    return this.#db.get(key) as V | undefined;
  }

  /** Nobody else writes to the folder, so what was read once stands until a batch of ours has its key. */
  peek<V>(key: string): V | undefined {
    this.#check(key);
    const hot = this.#hot.get(key);
    if (hot !== undefined) return hot as V;
    const value = this.#db.get(key) as V | undefined;
    if (value !== undefined && !this.#writing?.has(key)) this.#hot.note(key, value);
    return value;
  }

  insert(key: string, value: unknown): Promise<boolean> {
    return this.transaction(async (tx) => {
      if ((await tx.get(key)) !== undefined) return false;
      tx.put(key, value);
      return true;
    });
  }

  put(key: string, value: unknown): Promise<void> {
    return this.transaction((tx) => tx.put(key, value));
  }

  remove(key: string): Promise<void> {
    return this.transaction((tx) => tx.remove(key));
  }

  async scan<V>(range: Range): Promise<Entry<V>[]> {
    if (this.#closed) throw closedError();
    const { prefix, limit, reverse = false, after } = range;
    const entries: Entry<V>[] = [];
    const start = first(range);
    // An absent `end` would mean lmdb's own default, which leaves out the key of one zero byte.
    if (limit <= 0 || start.length === 0) return entries;
    for (const { key, value } of this.#db.getRange({ start, end: undefined, reverse })) {
      if (!(key as string).startsWith(prefix)) break;
      if (key === after) continue;
      entries.push({ key: key as string, value: value as V });
      if (entries.length >= limit) break;
    }
    return entries;
  }

  /**
   * Bodies run one after the other, each upon what the ones before it handed over, so they are serial without
   * a retry; only their flushes are shared. This holds because no other process has the folder.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T> | T): Promise<T> {
    if (this.#closed) throw closedError();
    const body = this.#turn.then(() => this.#run(work));
    this.#turn = body.catch(() => undefined);
    const { result, durable } = await body;
    await durable;
    return result;
  }

  async backUp(folder: string): Promise<void> {
    if (this.#closed) throw closedError();
    await mkdir(folder, { mode: 0o700 });
    try {
      await this.#db.backup(folder, true);
      await syncFolder(folder);
    } catch (cause) {
      await rm(folder, { recursive: true, force: true });
      throw cause;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn;
    await this.#commit.settle();
    await this.#db.close();
    this.#folder.release();
  }

  async #run<T>(work: (tx: Tx) => Promise<T> | T): Promise<{ result: T; durable?: Promise<void> }> {
    const writes = new Map<string, unknown>();
    let sawPending = false;
    const result = await work({
      get: async <V>(key: string) => {
        checkKey(key);
        if (writes.has(key)) return writes.get(key) as V | undefined;
        const pending = this.#commit.pending(key);
        sawPending ||= pending !== undefined;
        return (pending ? pending.value : this.#db.get(key)) as V | undefined;
      },
      put: (key, value) => {
        checkKey(key);
        checkValue(value);
        writes.set(key, value);
      },
      remove: (key) => {
        checkKey(key);
        writes.set(key, undefined);
      },
    });
    // A reader of what is still on its way is only right once that has arrived.
    if (writes.size === 0 && !sawPending) return { result };
    return { result, durable: this.#commit.add(writes) };
  }

  /** By `batch`, written off the main thread; lmdb's `transaction` never ends when the disk is full. */
  async #write(writes: ReadonlyMap<string, unknown>): Promise<void> {
    if (writes.size === 0) return; // readers that waited for the batch before
    this.#writing = writes;
    for (const key of writes.keys()) this.#hot.forget(key);
    try {
      await this.#db.batch(() => {
        for (const [key, value] of writes) {
          if (value === undefined) this.#db.remove(key);
          else this.#db.put(key, value);
        }
      });
    } catch (cause) {
      const reason = await reasonOf(cause); // first of all, or its promise rejects unheard
      const code = (await this.#isFull()) ? 'ENOSPC' : undefined;
      throw new KvError('the key-value store could not be written', { cause: reason, code });
    } finally {
      this.#db.resetReadTxn(); // or what is read from here on might be the snapshot from before
      this.#writing = undefined;
    }
  }

  /** Of a disk that is full lmdb says only that it could not write (EIO). */
  async #isFull(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#folder.path);
    return bavail * bsize < LITTLE;
  }

  #check(key: string): void {
    if (this.#closed) throw closedError();
    checkKey(key);
  }
}

/** lmdb puts the system's error into a promise beside its own, settled in the same turn. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  const reason = commitError?.catch((cause: unknown) => cause);
  return (await Promise.race([reason, turn()])) ?? error;
}

/** Where a scan begins: the bound that lies furthest in its direction; empty where nothing can follow. */
function first({ prefix, start, after, reverse }: Range): Buffer {
  const edge = Buffer.from(prefix);
  const bounds = [start, after].filter((bound) => bound !== undefined).map((bound) => Buffer.from(bound));
  if (reverse) bounds.push(Buffer.concat([edge, BEHIND]));
  else bounds.push(edge, Buffer.from([0]));
  return bounds.sort((a, b) => (reverse ? a.compare(b) : b.compare(a)))[0] as Buffer;
}
