import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type controlApi, Problem } from '@ptsdly/contract';
import { feedCursor, readOutbox } from '@ptsdly/db';
import { Bell, type Logger } from '@ptsdly/kit';
import type { MediaDatabase, MediaTables } from '../database.ts';
import type { HostNews } from '../library/journal.ts';
import type { Library } from '../library/library.ts';

const PAGE = 200;
const LOOK_MS = 30_000;
const RETRY_MS = [100, 500, 2000, 5000, 15_000];

export interface DeliveriesOptions {
  readonly db: MediaDatabase;
  readonly host: Client<typeof controlApi>;
  readonly library: Library;
  /** The poster of a video as base64, or null. */
  readonly poster: (videoId: string) => Promise<string | null>;
  readonly log: Logger;
}

/**
 * Tells the host what it must know of this server: bytes used, cards of videos, videos that are gone. Each fact
 * was written with the change that made it true; it is told until the host has taken it, in order, through any
 * outage and restart. Of facts about the same thing only the last is told.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  ring(): void {
    this.#bell.ring();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; ) {
      const rung = this.#bell.wait(LOOK_MS, signal);
      try {
        const more = await this.#deliver();
        failures = 0;
        if (!more) await rung;
      } catch (err) {
        if (signal.aborted) return;
        this.#options.log.warn({ err }, 'the host does not take news');
        const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Tells one page of news. True when there may be more. */
  async #deliver(): Promise<boolean> {
    const { db } = this.#options;
    const cursor = feedCursor(db, 'host');
    const page = await readOutbox<HostNews, MediaTables>(db).read(await cursor.load(), PAGE);
    const newest = new Map(page.map(({ data }, i) => [keyOf(data), i]));
    for (const [i, { seq, data }] of page.entries()) {
      if (newest.get(keyOf(data)) === i) await this.#tell(data);
      await cursor.save(seq);
    }
    const last = page.at(-1);
    if (last) await db.deleteFrom('outbox').where('seq', '<=', last.seq).execute();
    return page.length === PAGE;
  }

  async #tell(news: HostNews): Promise<void> {
    try {
      await this.#send(news);
    } catch (error) {
      const problem = Problem.from(error);
      if (problem.status >= 500 || problem.code === 'rate_limited') throw error;
      this.#options.log.error(
        { code: problem.code, news: news.type },
        'the host refuses news; it is dropped',
      );
    }
  }

  async #send(news: HostNews): Promise<void> {
    const { host, library } = this.#options;
    const { signal } = this.#stop;
    if (news.type === 'usage') {
      await host.reportUsage({ body: { usedBytes: await library.usedBytes() } }, { signal });
    } else if (news.type === 'video.deleted') {
      await host.videoDeleted({ params: { videoId: news.videoId } }, { signal });
    } else {
      const row = await library.find(news.videoId);
      if (!row) return; // it is gone, which is told by itself
      const { title, duration, width, height } = row;
      const posterBase64 = row.poster ? await this.#options.poster(row.id) : null;
      const body = { title, duration, width, height, posterBase64, trashed: row.trashed_at !== null };
      await host.putCard({ params: { videoId: row.id }, body }, { signal });
    }
  }
}

function keyOf(news: HostNews): string {
  return 'videoId' in news ? `${news.type} ${news.videoId}` : news.type;
}
