import type { Kv } from '@ptsdly/kv';
import { keys } from './keys.ts';
import { merged, sortedRuns } from './sorted-keys.ts';

export interface ClickCount {
  redirects: number;
  bots: number;
}

export type ClickCounts = Map<string, ClickCount>;

/** Stored totals of a link: redirects, bots, and the last log entry that they hold. */
type Totals = readonly [redirects: number, bots: number, through: number];

/** Links, or entries, after which the log is folded even while clicks keep coming. */
const FOLD_LINKS = 200_000;
const FOLD_ENTRIES = 10_000;
/**
 * Links in one entry, so that it fits into a page of the store. A larger value needs pages in a row, and to find
 * them among the free ones of a store with a million links took LMDB a fifth of a second of processor time.
 */
const ENTRY_LINKS = 32;
const DROP = 500;
/** Links in one transaction: about a millisecond, so that redirects go on in between. */
const SLICE = 200;

/**
 * Clicks on their way to the totals. Adding each click to its own total would rewrite a page of the store a click;
 * so a flush appends entries with all counts, and many entries are folded into the totals together, in the
 * order of the keys. Totals say through which entry they have been folded, so that a crash in the middle of a
 * fold, or doing it again, counts nothing twice.
 */
export class ClickLog {
  readonly #kv: Kv;
  /** Written, not yet being folded. */
  #open: ClickCounts = new Map();
  #folding: { readonly counts: ClickCounts; readonly through: number } | undefined;
  #last = 0;
  #running: Promise<void> | undefined;
  #closing = false;

  private constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** Reads what the last run has left in the log. */
  static async open(kv: Kv): Promise<ClickLog> {
    const log = new ClickLog(kv);
    const through = (await kv.get<number>(keys.clickFold)) ?? 0;
    log.#last = through;
    const counts: ClickCounts = new Map();
    for await (const [seq, entry] of entriesOf(kv)) {
      addAll(seq <= through ? counts : log.#open, entry);
      log.#last = Math.max(log.#last, seq);
    }
    if (counts.size > 0) log.#folding = { counts, through };
    return log;
  }

  /** Adds counts, durably, all or none. */
  async append(counts: ClickCounts): Promise<void> {
    const entries = entriesFor(counts);
    await this.#kv.transaction((tx) => {
      for (const [i, entry] of entries.entries()) tx.put(keys.clickEntry(this.#last + 1 + i), entry);
    });
    this.#last += entries.length;
    for (const entry of entries) addAll(this.#open, entry);
  }

  /** All clicks of a link up to the last entry. */
  async of(id: string): Promise<ClickCount> {
    // Taken before the read, whose `through` then says which of them the totals hold already.
    const parts = [
      { count: { ...this.#folding?.counts.get(id) }, through: this.#folding?.through ?? 0 },
      { count: { ...this.#open.get(id) }, through: this.#last },
    ];
    const [redirects, bots, through] = (await this.#kv.get<Totals>(keys.clicks(id))) ?? [0, 0, 0];
    const sum = { redirects, bots };
    for (const part of parts) {
      if (part.through <= through) continue;
      sum.redirects += part.count.redirects ?? 0;
      sum.bots += part.count.bots ?? 0;
    }
    return sum;
  }

  /** Folds when the log has grown long, or when there is time (`idle`). One fold at a time; rejects when it fails. */
  async fold(idle: boolean): Promise<void> {
    const since = this.#last - (this.#folding?.through ?? 0);
    const long = this.#open.size >= FOLD_LINKS || (this.#open.size > 0 && since >= FOLD_ENTRIES);
    if (!this.#running && (this.#folding || long || (idle && this.#open.size > 0))) {
      this.#running = this.#foldAll().finally(() => {
        this.#running = undefined;
      });
    }
    await this.#running;
  }

  /** Folds everything that is in the log now. */
  async foldAll(): Promise<void> {
    while (this.#folding || this.#open.size > 0) await this.fold(true);
  }

  /** Stops folding at the next slice; the rest waits in the log for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#running?.catch(() => undefined);
  }

  async #foldAll(): Promise<void> {
    if (!this.#folding) {
      this.#folding = { counts: this.#open, through: this.#last };
      this.#open = new Map();
    }
    const { counts, through } = this.#folding;
    await this.#kv.put(keys.clickFold, through);
    const links = merged(await sortedRuns(counts.keys()));
    for (let ids = take(links); ids.length > 0 && !this.#closing; ids = take(links)) {
      await this.#addSlice(ids, counts, through);
    }
    if (this.#closing) return;
    await this.#dropEntries(through);
    this.#folding = undefined;
  }

  #addSlice(ids: readonly string[], counts: ClickCounts, through: number): Promise<void> {
    return this.#kv.transaction(async (tx) => {
      for (const id of ids) {
        const { redirects, bots } = counts.get(id) as ClickCount;
        const key = keys.clicks(id);
        const [before, botsBefore, done] = (await tx.get<Totals>(key)) ?? [0, 0, 0];
        if (done < through) tx.put(key, [before + redirects, botsBefore + bots, through] satisfies Totals);
      }
    });
  }

  async #dropEntries(through: number): Promise<void> {
    for (;;) {
      const entries = await this.#kv.scan({ prefix: keys.clickEntries, limit: DROP });
      const old = entries.filter(({ key }) => seqOf(key) <= through);
      if (old.length === 0) return;
      await this.#kv.transaction((tx) => {
        for (const { key } of old) tx.remove(key);
      });
    }
  }
}

/** The next slice of links. */
function take(links: Iterator<string>): string[] {
  const ids: string[] = [];
  while (ids.length < SLICE) {
    const { value, done } = links.next();
    if (done) break;
    ids.push(value);
  }
  return ids;
}

const seqOf = (key: string) => Number(key.slice(keys.clickEntries.length));

async function* entriesOf(kv: Kv): AsyncGenerator<[seq: number, entry: unknown[]]> {
  for (let after: string | undefined; ; ) {
    const range = after === undefined ? {} : { after };
    const page = await kv.scan<unknown[]>({ prefix: keys.clickEntries, limit: 50, ...range });
    if (page.length === 0) return;
    for (const { key, value } of page) yield [seqOf(key), value];
    after = page.at(-1)?.key;
  }
}

/** Flat, since each is read as one array: id, redirects, bots, id, … */
function entriesFor(counts: ClickCounts): unknown[][] {
  const entries: unknown[][] = [];
  let links = 0;
  for (const [id, { redirects, bots }] of counts) {
    if (links++ % ENTRY_LINKS === 0) entries.push([]);
    entries.at(-1)?.push(id, redirects, bots);
  }
  return entries;
}

function addAll(counts: ClickCounts, entry: readonly unknown[]): void {
  for (let at = 0; at + 2 < entry.length; at += 3) {
    const id = entry[at] as string;
    const redirects = entry[at + 1] as number;
    const bots = entry[at + 2] as number;
    const count = counts.get(id);
    if (count) {
      count.redirects += redirects;
      count.bots += bots;
    } else counts.set(id, { redirects, bots });
  }
}
