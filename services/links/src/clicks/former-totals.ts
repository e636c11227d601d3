import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { addEntry, type ClickCount, type ClickCounts } from './click-counts.ts';
import { ClickPages, type Share, Upcoming } from './click-pages.ts';

/** How the totals of a link were kept before the pages: of each slot's log the last entry that they include. */
type FormerTotals = readonly [redirects: number, bots: number, ...through: number[]];

interface LogEntry {
  readonly slot: number;
  readonly seq: number;
  readonly counts: ClickCounts;
}

const SLICE = 400;

/**
 * Brings totals of the layout before ADR 21 into the pages, before a log is folded; answers of how many links. An
 * interrupted run goes on at the next start: a total leaves its old place in the transaction that adds it to its page.
 * What a total includes of entries that are still in a log comes off it, because a fold adds these entries again.
 */
export async function carryFormerTotals(kv: Kv): Promise<number> {
  const prefix = keys.formerClicks;
  const pages = new ClickPages(kv);
  let logs: readonly LogEntry[] | undefined;
  for (let carried = 0; ; ) {
    const found = await kv.scan({ prefix, limit: SLICE });
    if (found.length === 0) return carried;
    logs ??= await readLogs(kv);
    const known = logs;
    const ids = found.map(({ key }) => key.slice(prefix.length));
    const shares = await pages.share(new Upcoming(ids.values()), SLICE);
    carried += await kv.transaction((tx) => carry(tx, pages, shares, known));
  }
}

async function carry(
  tx: Tx,
  pages: ClickPages,
  shares: readonly Share[],
  logs: readonly LogEntry[],
): Promise<number> {
  const counts: ClickCounts = new Map();
  for (const id of shares.flatMap(({ ids }) => ids)) {
    const totals = await tx.get<FormerTotals>(keys.formerClick(id));
    if (totals) counts.set(id, withoutLogged(id, totals, logs)); // another process may have been faster
  }
  const isAny = (id: string) => (counts.get(id)?.redirects ?? 0) !== 0 || (counts.get(id)?.bots ?? 0) !== 0;
  const own = shares.map((share) => ({ ...share, ids: share.ids.filter(isAny) }));
  const moved = await pages.add(tx, own, { counts });
  for (const id of moved) counts.delete(id); // their page was cut meanwhile; they come with the next slice
  for (const id of counts.keys()) tx.remove(keys.formerClick(id));
  return counts.size;
}

function withoutLogged(
  id: string,
  [redirects, bots, ...through]: FormerTotals,
  logs: readonly LogEntry[],
): ClickCount {
  const rest = { redirects, bots };
  for (const { slot, seq, counts } of logs) {
    if (seq > (through[slot] ?? 0)) continue;
    rest.redirects -= counts.get(id)?.redirects ?? 0;
    rest.bots -= counts.get(id)?.bots ?? 0;
  }
  return rest;
}

async function readLogs(kv: Kv): Promise<LogEntry[]> {
  const prefix = keys.clickLogs;
  const entries: LogEntry[] = [];
  for (let after: string = prefix; ; ) {
    const page = await kv.scan<unknown[]>({ prefix, after, limit: 500 });
    for (const { key, value } of page) {
      const [slot, seq] = key.slice(prefix.length).split('/').map(Number) as [number, number];
      const counts: ClickCounts = new Map();
      addEntry(counts, value);
      entries.push({ slot, seq, counts });
    }
    if (page.length === 0) return entries;
    after = page.at(-1)?.key as string;
  }
}
