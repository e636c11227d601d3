import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { addEntry, type ClickCount, type ClickCounts, readEntries } from './click-counts.ts';
import { ClickPages, Upcoming } from './click-pages.ts';
import { ClickSlot, SlotLost } from './click-slot.ts';
import { ClickTails } from './click-tails.ts';
import { merged, sortedRuns } from './sorted-keys.ts';

/** Links, or entries, after which the log is folded even while clicks keep coming. */
const FOLD_LINKS = 200_000;
const FOLD_ENTRIES = 10_000;
/**
 * Links in one entry, so that it fits into a page of the store. A larger value needs pages in a row, and to find
 * them among the free ones of a store with a million links took LMDB a fifth of a second of processor time.
 */
const ENTRY_LINKS = 32;
/** Entries dropped in one transaction. */
const DROP = 500;
/** Links in one transaction: about two milliseconds, so that redirects go on in between. */
const SLICE = 400;

/** What a process knows of the log of its slot. */
interface Open {
  readonly slot: ClickSlot;
  /** Written, not yet being folded. */
  counts: ClickCounts;
  folding: { readonly counts: ClickCounts; readonly through: number } | undefined;
  last: number;
}

/**
 * Clicks on their way to the totals. Adding each click to its own total would rewrite a page of the store a click;
 * so a flush appends entries with all counts, and many entries are folded into the totals together, page by page. A
 * page says through which entry it has been folded, so that a crash in the middle of a fold, or doing it again,
 * counts nothing twice. Processes that share a store have a log each.
 */
export class ClickLog {
  readonly #kv: Kv;
  readonly #tails: ClickTails;
  readonly #pages: ClickPages;
  #open: Open;
  #running: Promise<void> | undefined;
  #closing = false;

  private constructor(kv: Kv, open: Open) {
    this.#kv = kv;
    this.#tails = new ClickTails(kv);
    this.#pages = new ClickPages(kv);
    this.#open = open;
  }

  /** Reads what the last run has left in the log. */
  static async open(kv: Kv): Promise<ClickLog> {
    return new ClickLog(kv, await load(kv, await ClickSlot.take(kv)));
  }

  /** Adds counts, durably, all or none. */
  async append(counts: ClickCounts): Promise<void> {
    const entries = entriesFor(counts);
    const open = this.#open;
    try {
      const first = open.last + 1;
      await this.#write(open, (tx) => {
        for (const [i, entry] of entries.entries())
          tx.put(keys.clickEntry(open.slot.number, first + i), entry);
      });
      open.last += entries.length;
      for (const entry of entries) addEntry(open.counts, entry);
    } catch (error) {
      if (!(error instanceof SlotLost)) throw error;
      await this.#moveOn(open);
      await this.append(counts);
    }
  }

  /** All clicks of a link that are in a log or in the totals. */
  async of(id: string): Promise<ClickCount> {
    const others = await this.#open.slot.others();
    await this.#tails.read(others.map(({ number }) => number));
    // Taken before the read, whose `through` then says which of them the totals hold already.
    const { slot, counts, folding, last } = this.#open;
    const parts = [
      { count: { ...folding?.counts.get(id) }, through: folding?.through ?? 0 },
      { count: { ...counts.get(id) }, through: last },
    ];
    const totals = await this.#pages.of(id);
    const sum = this.#tails.count(id, totals);
    sum.redirects += totals.redirects;
    sum.bots += totals.bots;
    for (const { count, through } of parts) {
      if (through <= (totals.through[slot.number] ?? 0)) continue;
      sum.redirects += count.redirects ?? 0;
      sum.bots += count.bots ?? 0;
    }
    return sum;
  }

  /** Takes all clicks of a link until now off its totals, those still on their way included. */
  async erase(id: string): Promise<void> {
    const { redirects, bots } = await this.of(id);
    await this.#pages.change(id, (totals) => ({
      redirects: totals.redirects - redirects,
      bots: totals.bots - bots,
    }));
  }

  /** Drops the totals of a link that is counted no more. */
  forget(id: string): Promise<void> {
    return this.#pages.change(id, () => undefined);
  }

  /** Folds when the log has grown long, or when there is time (`idle`). One fold at a time; rejects when it fails. */
  async fold(idle: boolean): Promise<void> {
    const { counts, folding, last } = this.#open;
    const long =
      counts.size >= FOLD_LINKS || (counts.size > 0 && last - (folding?.through ?? 0) >= FOLD_ENTRIES);
    if (!this.#running && (folding || long || (idle && counts.size > 0))) {
      this.#running = this.#foldAll(this.#open).finally(() => {
        this.#running = undefined;
      });
    }
    await this.#running;
    if (idle && !this.#closing) await this.#foldAbandoned();
  }

  /** Folds everything that is in the log now. */
  async foldAll(): Promise<void> {
    while ((this.#open.folding || this.#open.counts.size > 0) && !this.#closing) await this.fold(true);
  }

  /** Stops folding at the next slice; the rest waits in the log for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#running?.catch(() => undefined);
    await this.#open.slot.release().catch(() => undefined); // otherwise the lease ends by itself
  }

  async #foldAll(open: Open): Promise<void> {
    try {
      await this.#foldOpen(open);
    } catch (error) {
      if (!(error instanceof SlotLost)) throw error;
      await this.#moveOn(open);
    }
  }

  async #foldOpen(open: Open): Promise<void> {
    if (!open.folding) {
      open.folding = { counts: open.counts, through: open.last };
      open.counts = new Map();
    }
    const { counts, through } = open.folding;
    const fold = { counts, log: { slot: open.slot.number, through } };
    await this.#write(open, (tx) => tx.put(keys.clickFold(open.slot.number), through));
    const links = new Upcoming(merged(await sortedRuns(counts.keys())));
    while (links.next() !== undefined && !this.#closing) {
      const shares = await this.#pages.share(links, SLICE);
      links.putBack(await this.#write(open, (tx) => this.#pages.add(tx, shares, fold)));
    }
    if (this.#closing) return;
    await this.#dropEntries(open, through);
    open.folding = undefined;
  }

  async #dropEntries(open: Open, through: number): Promise<void> {
    const { number } = open.slot;
    const prefix = keys.clickEntries(number);
    for (;;) {
      const entries = await this.#kv.scan({ prefix, limit: DROP });
      const old = entries.filter(({ key }) => Number(key.slice(prefix.length)) <= through);
      if (old.length === 0) return;
      await this.#write(open, (tx) => {
        for (const { key } of old) tx.remove(key);
      });
    }
  }

  /** A transaction that happens only while the slot is ours. */
  #write<T>(open: Open, work: (tx: Tx) => Promise<T> | T): Promise<T> {
    return this.#kv.transaction(async (tx) => {
      await open.slot.hold(tx);
      return work(tx);
    });
  }

  /** Goes on in another slot. What stood in the lost one is in the care of whoever has it. */
  async #moveOn(lost: Open): Promise<void> {
    const next = await load(this.#kv, await ClickSlot.take(this.#kv));
    if (this.#open === lost) this.#open = next;
    else await next.slot.release();
  }

  /** Brings in what processes that have died have left. */
  async #foldAbandoned(): Promise<void> {
    // A log that is taken from us in the middle is in good hands.
    await this.#foldOthers().catch((error: unknown) => {
      if (!(error instanceof SlotLost)) throw error;
    });
  }

  async #foldOthers(): Promise<void> {
    for (const { number, abandoned } of await this.#open.slot.others()) {
      if (!abandoned) continue;
      const [entry] = await this.#kv.scan({ prefix: keys.clickEntries(number), limit: 1 });
      const slot = entry && (await ClickSlot.tryTake(this.#kv, number));
      if (!slot) continue;
      await this.#foldOpen(await load(this.#kv, slot));
      await slot.release();
    }
  }
}

/** What stands in the log of a slot that was just taken. */
async function load(kv: Kv, slot: ClickSlot): Promise<Open> {
  const through = (await kv.get<number>(keys.clickFold(slot.number))) ?? 0;
  const folding: ClickCounts = new Map();
  const counts: ClickCounts = new Map();
  let last = through;
  for await (const [seq, entry] of readEntries(kv, slot.number)) {
    addEntry(seq <= through ? folding : counts, entry);
    last = Math.max(last, seq);
  }
  return { slot, counts, folding: folding.size > 0 ? { counts: folding, through } : undefined, last };
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
