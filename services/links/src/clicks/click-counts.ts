import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';

export interface ClickCount {
  redirects: number;
  bots: number;
}

/** Clicks by link. */
export type ClickCounts = Map<string, ClickCount>;

/** Adds the counts of an entry of the log. */
export function addEntry(counts: ClickCounts, entry: readonly unknown[]): void {
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

/** The entries of a slot's log behind `after`, in order. */
export async function* readEntries(
  kv: Kv,
  slot: number,
  after = 0,
): AsyncGenerator<[seq: number, entry: unknown[]]> {
  const prefix = keys.clickEntries(slot);
  for (let last = keys.clickEntry(slot, after); ; ) {
    const page = await kv.scan<unknown[]>({ prefix, limit: 50, after: last });
    for (const { key, value } of page) yield [Number(key.slice(prefix.length)), value];
    if (page.length === 0) return;
    last = page.at(-1)?.key as string;
  }
}
