import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { ClickCount, ClickCounts } from './click-counts.ts';

/**
 * Totals of links whose ids are neighbours: where the next page begins (null: nowhere), of each slot's log the last entry
 * that the page holds, and `id, redirects, bots, id, …` in the order of the ids.
 */
export type ClickPage = readonly [
  until: string | null,
  through: readonly number[],
  totals: readonly (string | number)[],
];

/** All clicks of a link that its page holds, and of each slot's log the last entry that they include. */
export interface Totals extends ClickCount {
  readonly through: readonly number[];
}

/** Ids to be added to the page that begins at `start`, in order. */
export interface Share {
  readonly start: string;
  readonly ids: readonly string[];
  /** The next id of the same page that is still to come, when there is one. */
  readonly rest: string | undefined;
}

/** Clicks that are being added. */
export interface Fold {
  readonly counts: ClickCounts;
  /** The part of a slot's log that they are, and its last entry; absent for what stood in no log. */
  readonly log?: { readonly slot: number; readonly through: number };
}

/** Fields of a link in a page. */
const STEP = 3;
/** So that a page, with ids of 36 letters, fits into half a page of LMDB: larger values need pages in a row. */
const PAGE_LINKS = 40;
/** Ids that are added to one page at once. */
const SHARE = 400;

const EMPTY: ClickPage = [null, [], []];

/**
 * The totals of all links, forty to a page. A fold that adds clicks to very many links rewrites each page once
 * and not each link's own total. A page says through which entry it has been folded, so
 * that a fold that is done again adds nothing twice. Pages are cut when they are full, and none is ever removed.
 */
export class ClickPages {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  async of(id: string): Promise<Totals> {
    const { page } = await this.#find(id);
    return { ...countIn(page, id), through: page[1] };
  }

  /** The pages that the next ids of a fold belong to, about as many ids as `limit`. */
  async share(ids: Upcoming, limit: number): Promise<Share[]> {
    const shares: Share[] = [];
    let found: Found | undefined;
    for (let taken = 0; taken < limit; ) {
      const first = ids.next();
      if (first === undefined) break;
      found = await this.#findBehind(found, first);
      const { start, page } = found;
      const own = ids.take(page[0], SHARE);
      const next = ids.next();
      const rest = next !== undefined && isBefore(next, page[0]) ? next : undefined;
      shares.push({ start, ids: own, rest });
      if (rest !== undefined) break; // its page begins with this share
      taken += own.length;
    }
    return shares;
  }

  /** Adds clicks to pages. Answers the ids for which another process has begun a new page meanwhile. */
  async add(tx: Tx, shares: readonly Share[], fold: Fold): Promise<string[]> {
    const pages = await Promise.all(shares.map(({ start }) => tx.get<ClickPage>(keys.clickPage(start))));
    const moved: string[] = [];
    for (const [at, { start, ids, rest }] of shares.entries()) {
      const page = pages[at] ?? EMPTY;
      if (fold.log && (page[1][fold.log.slot] ?? 0) >= fold.log.through) continue; // added before
      const own = ids.filter((id) => isBefore(id, page[0]));
      if (own.length < ids.length) moved.push(...ids.slice(own.length));
      let part = page;
      if (rest !== undefined && isBefore(rest, page[0])) {
        const [head, tail] = cut(page, rest);
        tx.put(keys.clickPage(rest), tail);
        part = head;
      }
      putPieces(tx, start, added(part, await this.#living(tx, page, own), fold));
    }
    return moved;
  }

  /** Changes what stands for a link. */
  async change(id: string, change: (totals: ClickCount) => ClickCount | undefined): Promise<void> {
    for (let changed = false; !changed; ) {
      const { start } = await this.#find(id);
      changed = await this.#kv.transaction(async (tx) => {
        const page = (await tx.get<ClickPage>(keys.clickPage(start))) ?? EMPTY;
        if (!isBefore(id, page[0])) return false; // the page was cut meanwhile
        const after = change(countIn(page, id));
        const own = after ? [id, after.redirects, after.bots] : [];
        const [before, behind] = splitAt(page[2], id);
        const rest = behind[0] === id ? behind.slice(STEP) : behind;
        putPieces(tx, start, [page[0], page[1], [...before, ...own, ...rest]]);
        return true;
      });
    }
  }

  /**
   * Those of the ids that may be counted. In a store of our own a link is erased behind its last click; another process
   * may still have clicks of an erased one in its log.
   */
  async #living(tx: Tx, [, , totals]: ClickPage, ids: readonly string[]): Promise<readonly string[]> {
    if (!this.#kv.shared) return ids;
    const known = new Set(totals);
    const alive = await Promise.all(
      ids.map(async (id) => known.has(id) || (await tx.get(keys.link(id))) !== undefined),
    );
    return ids.filter((_, at) => alive[at]);
  }

  async #find(id: string): Promise<Found> {
    const [entry] = await this.#kv.scan<ClickPage>({
      prefix: keys.clickPages,
      start: keys.clickPage(id),
      reverse: true,
      limit: 1,
    });
    if (!entry) return { start: '', page: EMPTY };
    return { start: entry.key.slice(keys.clickPages.length), page: entry.value };
  }

  /** As `#find`, for an id behind a page that was found: mostly it is in the next one. */
  async #findBehind(previous: Found | undefined, id: string): Promise<Found> {
    const until = previous?.page[0];
    if (until === undefined || until === null) return this.#find(id);
    const page = await this.#kv.get<ClickPage>(keys.clickPage(until));
    return page && isBefore(id, page[0]) ? { start: until, page } : this.#find(id);
  }
}

interface Found {
  readonly start: string;
  readonly page: ClickPage;
}

/** Sorted ids that are taken one page after the other. */
export class Upcoming {
  readonly #ids: Iterator<string>;
  #back: string[] = [];

  constructor(ids: Iterator<string>) {
    this.#ids = ids;
  }

  next(): string | undefined {
    if (this.#back.length === 0) {
      const { value, done } = this.#ids.next();
      if (done) return undefined;
      this.#back.push(value);
    }
    return this.#back[0];
  }

  /** Takes those that lie before `until`, `limit` at most. */
  take(until: string | null, limit: number): string[] {
    const taken: string[] = [];
    for (let id = this.next(); id !== undefined && taken.length < limit; id = this.next()) {
      if (!isBefore(id, until)) break;
      taken.push(id);
      this.#back.shift();
    }
    return taken;
  }

  /** Puts ids back that lie before all that are still to come. */
  putBack(ids: readonly string[]): void {
    this.#back = [...ids, ...this.#back];
  }
}

const isBefore = (id: string, until: string | null): boolean => until === null || id < until;

function countIn([, , totals]: ClickPage, id: string): ClickCount {
  const at = totals.indexOf(id);
  if (at < 0) return { redirects: 0, bots: 0 };
  return { redirects: totals[at + 1] as number, bots: totals[at + 2] as number };
}

/** What stands before an id, and the rest. */
function splitAt(totals: ClickPage[2], id: string): [ClickPage[2], ClickPage[2]] {
  let at = 0;
  while (at < totals.length && (totals[at] as string) < id) at += STEP;
  return [totals.slice(0, at), totals.slice(at)];
}

/** Two pages out of one. */
function cut([until, through, totals]: ClickPage, at: string): [ClickPage, ClickPage] {
  const [before, behind] = splitAt(totals, at);
  return [
    [at, through, before],
    [until, through, behind],
  ];
}

/** A page with the clicks of ids, in order, added. */
function added([until, before, totals]: ClickPage, ids: readonly string[], fold: Fold): ClickPage {
  const through = [...before];
  if (fold.log) {
    while (through.length <= fold.log.slot) through.push(0);
    through[fold.log.slot] = fold.log.through;
  }
  const sums: (string | number)[] = [];
  let at = 0;
  for (const id of ids) {
    for (; at < totals.length && (totals[at] as string) < id; at += STEP) {
      sums.push(totals[at] as string, totals[at + 1] as number, totals[at + 2] as number);
    }
    const { redirects, bots } = fold.counts.get(id) as ClickCount;
    if (totals[at] === id) {
      sums.push(id, (totals[at + 1] as number) + redirects, (totals[at + 2] as number) + bots);
      at += STEP;
    } else sums.push(id, redirects, bots);
  }
  for (; at < totals.length; at++) sums.push(totals[at] as string | number);
  return [until, through, sums];
}

/** Writes a page, as several where it has grown too large for one. */
function putPieces(tx: Tx, start: string, [until, through, totals]: ClickPage): void {
  const links = totals.length / STEP;
  const pieces = Math.max(1, Math.ceil(links / PAGE_LINKS));
  const size = Math.ceil(links / pieces) * STEP;
  let from = start;
  for (let piece = 0; piece < pieces; piece++) {
    const own = totals.slice(piece * size, (piece + 1) * size);
    const end = piece + 1 < pieces ? (totals[(piece + 1) * size] as string) : until;
    tx.put(keys.clickPage(from), [end, through, own] satisfies ClickPage);
    from = end ?? '';
  }
}
