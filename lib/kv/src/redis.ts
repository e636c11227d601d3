import { setTimeout as pause } from 'node:timers/promises';
import { checkKey, checkValue } from './key.ts';
import { KeyQueues, Turn } from './key-queues.ts';
import type { Entry, Kv, Range, Tx } from './kv.ts';
import { closedError, KvError } from './kv-error.ts';
import { Attempt, type Changes, parse, type Snapshot, type Stored } from './redis-attempt.ts';
import { RedisLine } from './redis-line.ts';
import { lexRange } from './redis-range.ts';
import { applyScript, scanScript } from './redis-scripts.ts';
import { readRedisUrl } from './redis-url.ts';

/** Entries that one script reads; Redis does nothing else meanwhile. */
const PAGE = 500;
/** Of those who try at the same moment one always wins; now and then the others fall out of step with it. */
const OUT_OF_STEP_TRIES = 8;
const OUT_OF_STEP_MS = 10;
/** After this long a transaction gives up. */
const GIVE_UP_MS = 10_000;

const NONE: Snapshot = new Map();

/** `redis://…` and `rediss://…`: Redis 6.2 or Valkey, shared by any number of processes. */
export async function openRedis(url: string): Promise<Kv> {
  const place = readRedisUrl(url);
  return new RedisKv(await RedisLine.open(place), place.prefix);
}

/**
 * Values lie in one hash, and the same keys in one sorted set with equal scores, which Redis orders by bytes. Both
 * change in one script. Transactions are optimistic: the work reads without locks, then one script compares what
 * was read and writes, or does nothing and the work runs again.
 */
class RedisKv implements Kv {
  readonly shared = true;
  readonly #line: RedisLine;
  /** The hash and the sorted set; the braces keep them together where Redis is a cluster behind one address. */
  readonly #names: readonly [values: string, keys: string];
  readonly #queues = new KeyQueues<Stored>();
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  constructor(line: RedisLine, prefix: string) {
    this.#line = line;
    this.#names = [`{${prefix}}:values`, `{${prefix}}:keys`];
  }

  async get<V>(key: string): Promise<V | undefined> {
    this.#checkOpen();
    checkKey(key);
    return parse(await this.#line.field(this.#names[0], key));
  }

  async insert(key: string, value: unknown): Promise<boolean> {
    checkValue(value);
    const conflict = await this.#write(key, JSON.stringify(value), new Map([[key, null]]));
    return conflict === undefined;
  }

  async put(key: string, value: unknown): Promise<void> {
    checkValue(value);
    await this.#write(key, JSON.stringify(value));
  }

  async remove(key: string): Promise<void> {
    await this.#write(key, null);
  }

  async scan<V>(range: Range): Promise<Entry<V>[]> {
    this.#checkOpen();
    const entries: Entry<V>[] = [];
    for (let rest = range; rest.limit > 0; ) {
      const page = await this.#page<V>({ ...rest, limit: Math.min(rest.limit, PAGE) });
      entries.push(...page);
      const last = page.at(-1);
      if (page.length < PAGE || !last) break;
      rest = { ...rest, after: last.key, limit: rest.limit - page.length };
    }
    return entries;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T> | T): Promise<T> {
    this.#checkOpen();
    return this.#run(() => this.#untilApplied(work));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
    this.#line.close();
  }

  /** One write, sent at once; answers what stood in the way of `reads`. */
  async #write(key: string, text: Stored, reads = NONE): Promise<Snapshot | undefined> {
    this.#checkOpen();
    checkKey(key);
    return this.#run(() => this.#apply({ reads, writes: new Map([[key, text]]) }));
  }

  /** Until what has begun has ended, the store does not close. */
  async #run<T>(call: () => Promise<T>): Promise<T> {
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #untilApplied<T>(work: (tx: Tx) => Promise<T> | T): Promise<T> {
    const turn = new Turn(this.#queues);
    const deadline = performance.now() + GIVE_UP_MS;
    let known: Snapshot = NONE;
    try {
      for (let tries = 1; performance.now() < deadline; tries++) {
        const tx = new Attempt((key) => this.#line.field(this.#names[0], key), turn, known);
        const outcome = await this.#attempt(tx, work, turn);
        if ('result' in outcome) return outcome.result;
        known = outcome.current;
        await turn.waitFor(
          [...known].filter(([key, text]) => text !== tx.reads.get(key)).map(([key]) => key),
        );
        if (tries % OUT_OF_STEP_TRIES === 0) await pause(Math.random() * OUT_OF_STEP_MS);
      }
    } finally {
      turn.end();
    }
    throw new KvError('the transaction found no gap between other writers');
  }

  /** Runs the work once. Also an error counts only when what was read belongs together. */
  async #attempt<T>(
    tx: Attempt,
    work: (tx: Tx) => Promise<T> | T,
    turn: Turn<Stored>,
  ): Promise<{ result: T } | { current: Snapshot }> {
    try {
      const result = await work(tx);
      const applied = tx.writes.size === 0 && tx.isSnapshot ? undefined : this.#apply(tx);
      turn.pass(new Map([...tx.reads, ...tx.writes]));
      const current = await applied;
      return current === undefined ? { result } : { current };
    } catch (error) {
      if (error instanceof KvError) throw error;
      const current = tx.isSnapshot ? undefined : await this.#apply({ reads: tx.reads, writes: NONE });
      if (current === undefined) throw error;
      return { current };
    }
  }

  /** Writes when all reads still hold; otherwise answers what stands there now. */
  async #apply({ reads, writes }: Changes): Promise<Snapshot | undefined> {
    const [present, absent, puts, removals]: [string[], string[], string[], string[]] = [[], [], [], []];
    for (const [key, text] of reads) {
      if (text === null) absent.push(key);
      else present.push(key, text);
    }
    for (const [key, text] of writes) {
      if (text === null) removals.push(key);
      else puts.push(key, text);
    }
    const counts = [present.length / 2, absent.length, puts.length / 2, removals.length];
    const args = [...counts, ...present, ...absent, ...puts, ...removals];
    const way = writes.size === 0 ? 'read' : 'write';
    const current = (await this.#line[way](applyScript, this.#names, args)) as Stored[] | null;
    if (current === null) return undefined;
    const keys = [...present.filter((_, at) => at % 2 === 0), ...absent];
    return new Map(keys.map((key, at) => [key, current[at] as Stored]));
  }

  async #page<V>(range: Range): Promise<Entry<V>[]> {
    const { from, to } = lexRange(range);
    const args = [from, to, range.reverse ? '1' : '0', range.limit];
    const answer = await this.#line.read(scanScript, this.#names, args);
    const [keys, texts] = answer as [string[], string[]];
    return keys.map((key, at) => ({ key, value: parse<V>(texts[at] as string) as V }));
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}
