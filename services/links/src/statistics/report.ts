import { setTimeout as pause } from 'node:timers/promises';
import { type LinkStats, Problem, type VideoStats } from '@ptsdly/contract';
import type { SseEvent } from '@ptsdly/kit';
import type { Clicks } from '../clicks/clicks.ts';
import { keys } from '../keys.ts';
import type { Ledger } from '../sharing/ledger.ts';
import { iso, type LinkRecord } from '../sharing/link.ts';
import type { Statistics } from './statistics.ts';

/** Links of one video that are summed; the newest count. */
const MAX_LINKS = 1000;
const LIVE_MS = 1000;
/** Streams of one owner; each looks once a second. */
const MAX_STREAMS = 20;

/** The statistics of links as their owner sees them: now, and as they change. */
export class Report {
  readonly #ledger: Ledger;
  readonly #clicks: Clicks;
  readonly #statistics: Statistics;
  readonly #streams = new Map<string, number>();
  readonly #ended = new AbortController();

  constructor(ledger: Ledger, clicks: Clicks, statistics: Statistics) {
    this.#ledger = ledger;
    this.#clicks = clicks;
    this.#statistics = statistics;
  }

  /** Rejects with `not_found` for a link that is unknown, another's, or revoked. */
  async ofLink(ownerId: string, id: string, days: number): Promise<LinkStats> {
    const link = await this.#owned(ownerId, id);
    if (link.end === 'revoked') throw new Problem('not_found');
    return this.#sum([link], days);
  }

  async ofVideo(ownerId: string, videoId: string, days: number): Promise<VideoStats> {
    const links = await this.#linksOf(ownerId, videoId);
    return { ...(await this.#sum(links, days)), links: links.length };
  }

  /** Erases what is known of a link's use, but for the views that its cap counts; also of one that was revoked. */
  async erase(ownerId: string, id: string): Promise<void> {
    await this.#owned(ownerId, id);
    await this.#clicks.erase(id);
    await this.#statistics.erase(id);
  }

  /** Statistics now, and again whenever they have changed, until the signal. Throws `rate_limited` for too many at once. */
  live(ownerId: string, read: () => Promise<LinkStats>, signal: AbortSignal): AsyncGenerator<SseEvent> {
    const open = this.#streams.get(ownerId) ?? 0;
    if (open >= MAX_STREAMS) throw new Problem('rate_limited', { retryAfter: 10 });
    this.#streams.set(ownerId, open + 1);
    const either = AbortSignal.any([signal, this.#ended.signal]);
    either.addEventListener('abort', () => this.#leave(ownerId), { once: true });
    return changes(read, either);
  }

  close(): void {
    this.#ended.abort();
  }

  #leave(ownerId: string): void {
    const left = (this.#streams.get(ownerId) ?? 1) - 1;
    if (left > 0) this.#streams.set(ownerId, left);
    else this.#streams.delete(ownerId);
  }

  async #owned(ownerId: string, id: string): Promise<LinkRecord> {
    const link = await this.#ledger.get(id);
    if (link?.ownerId !== ownerId) throw new Problem('not_found');
    return link;
  }

  async #linksOf(ownerId: string, videoId: string): Promise<LinkRecord[]> {
    const ranges = [keys.ownedOfVideo(ownerId, videoId), keys.endedOfVideo(ownerId, videoId)];
    const found = await Promise.all(
      ranges.map((prefix) => this.#ledger.kv.scan<string>({ prefix, limit: MAX_LINKS, reverse: true })),
    );
    const links = await Promise.all(found.flat().map(({ value }) => this.#ledger.get(value)));
    return links.filter((link) => link?.ownerId === ownerId).slice(0, MAX_LINKS) as LinkRecord[];
  }

  async #sum(links: readonly LinkRecord[], days: number): Promise<LinkStats> {
    const ids = links.map(({ id }) => id);
    const known = await this.#statistics.of(ids, days, Date.now());
    const sums = { redirects: 0, bots: 0, views: 0 };
    for (const { id, views } of links) {
      const { redirects, bots } = await this.#clicks.of(id);
      sums.redirects += redirects;
      sums.bots += bots;
      sums.views += views;
    }
    const last = Math.max(0, ...links.map(({ lastOpenedAt }) => lastOpenedAt ?? 0));
    return { ...known, ...sums, lastOpenedAt: iso(last || null) };
  }
}

async function* changes(read: () => Promise<LinkStats>, signal: AbortSignal): AsyncGenerator<SseEvent> {
  for (let before = ''; !signal.aborted; ) {
    const data = await read();
    const text = JSON.stringify(data);
    if (text !== before) yield { event: 'stats', data };
    before = text;
    await pause(LIVE_MS, undefined, { signal }).catch(() => undefined);
  }
}
