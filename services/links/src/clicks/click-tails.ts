import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { addEntry, type ClickCount, type ClickCounts, readEntries } from './click-counts.ts';
import type { Totals } from './click-pages.ts';

type Log = Map<number, ClickCounts>;

/** What stands in the logs of other processes, kept in memory so that each entry is read once. */
export class ClickTails {
  readonly #kv: Kv;
  readonly #logs = new Map<number, Log>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** Reads what is new in these logs. */
  read(slots: readonly number[]): Promise<void> {
    const reading = this.#turn.then(() => this.#readAll(slots));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  /** The clicks of a link that its totals do not hold yet; the totals were read after the logs. */
  count(id: string, { through }: Totals): ClickCount {
    const sum = { redirects: 0, bots: 0 };
    for (const [slot, log] of this.#logs) {
      for (const [seq, counts] of log) {
        if (seq <= (through[slot] ?? 0)) continue;
        sum.redirects += counts.get(id)?.redirects ?? 0;
        sum.bots += counts.get(id)?.bots ?? 0;
      }
    }
    return sum;
  }

  async #readAll(slots: readonly number[]): Promise<void> {
    for (const slot of this.#logs.keys()) if (!slots.includes(slot)) this.#logs.delete(slot);
    for (const slot of slots) {
      const log = this.#logs.get(slot) ?? new Map<number, ClickCounts>();
      await this.#dropFolded(slot, log);
      const last = [...log.keys()].at(-1);
      for await (const [seq, entry] of readEntries(this.#kv, slot, last)) {
        const counts: ClickCounts = new Map();
        addEntry(counts, entry);
        log.set(seq, counts);
      }
      this.#logs.set(slot, log);
    }
  }

  /** An entry that is no longer in the store is in all totals. */
  async #dropFolded(slot: number, log: Log): Promise<void> {
    if (log.size === 0) return;
    const prefix = keys.clickEntries(slot);
    const [first] = await this.#kv.scan({ prefix, limit: 1 });
    const oldest = first ? Number(first.key.slice(prefix.length)) : Infinity;
    for (const seq of log.keys()) if (seq < oldest) log.delete(seq);
  }
}
