import { type HandlerInput, type mediaApi, Problem, type Video, type VideoJob } from '@ptsdly/contract';
import { appendEvent } from '@ptsdly/db';
import { newId } from '@ptsdly/kit';
import type { Transaction } from 'kysely';
import type { MediaDatabase, MediaTables, VideoRow } from '../database.ts';
import { processingOf } from '../jobs/processing.ts';
import type { LibraryChange } from './changes.ts';

/** What `Deliveries` tells the host. */
export type HostNews =
  | { readonly type: 'usage' }
  | { readonly type: 'card'; readonly videoId: string }
  | { readonly type: 'video.deleted'; readonly videoId: string };

/** What an upload announces of itself. */
export interface Announcement {
  readonly title: string;
  readonly fileName: string;
  readonly fileType: string;
  /** Bytes. */
  readonly size: number;
}

/** What the index tells of a video. */
export interface Shape {
  /** Seconds. */
  readonly duration: number;
  readonly width: number | null;
  readonly height: number | null;
}

export interface LibraryOptions {
  readonly db: MediaDatabase;
  readonly quotaBytes: number;
  /** URL of this server, for the URLs in its answers. */
  readonly url: string;
  /** Bytes that have arrived of an upload. */
  readonly received: (id: string) => number;
  /** Seconds that can be played of a video while it arrives; null while nobody knows. */
  readonly playableUntil: (id: string) => number | null;
  /** What is being made for a video, and what could not be made. */
  readonly jobs: (id: string) => readonly VideoJob[];
  /** Called after a change that the host must hear of. */
  readonly onNews: () => void;
  /** Called after a change that the owner's pages show. */
  readonly onChange: (change: LibraryChange) => void;
}

/** The videos of this server: the rows, their rules, and what they look like from outside. */
export class Library {
  readonly #options: LibraryOptions;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /**
   * A video that is to come; its bytes are reserved. Rejects with `quota_exceeded`.
   */
  async create(announced: Announcement): Promise<VideoRow> {
    const row: VideoRow = {
      id: newId(),
      title: announced.title,
      file_name: announced.fileName,
      file_type: announced.fileType,
      size_bytes: announced.size,
      upload: 'receiving',
      sha256: null,
      playable: 0,
      processing: 'none',
      failure_code: null,
      failure_detail: null,
      duration: null,
      width: null,
      height: null,
      poster: null,
      movie: null,
      poster_version: 0,
      created_at: new Date().toISOString(),
    };
    await this.#change(async (trx) => {
      if ((await sumSizes(trx)) + row.size_bytes > this.#options.quotaBytes) {
        throw new Problem('quota_exceeded');
      }
      await trx.insertInto('videos').values(row).execute();
      return [{ type: 'usage' }];
    });
    this.#options.onChange({ type: 'video', id: row.id });
    return row;
  }

  async find(id: string): Promise<VideoRow | undefined> {
    const { db } = this.#options;
    return db.selectFrom('videos').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Rejects with `not_found`. */
  async require(id: string): Promise<VideoRow> {
    const row = await this.find(id);
    if (!row) throw new Problem('not_found');
    return row;
  }

  async all(): Promise<VideoRow[]> {
    return this.#options.db.selectFrom('videos').selectAll().orderBy('id', 'desc').execute();
  }

  /** Newest first; the cursor is the id of the last one seen (ids sort by time). */
  async page(query: HandlerInput<typeof mediaApi.listVideos>['query']) {
    let select = this.#options.db.selectFrom('videos').selectAll().orderBy('id', 'desc');
    if (query.cursor) select = select.where('id', '<', query.cursor);
    const rows = await select.limit(query.limit + 1).execute();
    const items = rows.slice(0, query.limit).map((row) => this.describe(row));
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  async get(id: string): Promise<Video> {
    return this.describe(await this.require(id));
  }

  async rename(id: string, title: string): Promise<Video> {
    const row = await this.#update(id, { title }, [{ type: 'card', videoId: id }]);
    if (!row) throw new Problem('not_found');
    return this.describe(row);
  }

  /** All bytes are in place. */
  async complete(id: string, sha256: string | null): Promise<void> {
    await this.#update(id, { upload: 'complete', sha256, processing: 'running' });
  }

  async hashed(id: string, sha256: string): Promise<void> {
    await this.#update(id, { sha256 });
  }

  /** The index of a video that is still arriving is there. Undefined when the upload has ended. */
  async announced(id: string, movie: string, shape: Shape): Promise<VideoRow | undefined> {
    const row = await this.find(id);
    if (row?.upload !== 'receiving') return undefined;
    return this.#update(id, { movie, ...whole(shape) }, [{ type: 'card', videoId: id }]);
  }

  async playable(id: string, movie: string | null, shape: Shape): Promise<VideoRow | undefined> {
    const state = { playable: 1, processing: 'none', failure_code: null, failure_detail: null } as const;
    return this.#update(id, { ...state, movie, ...whole(shape) }, [{ type: 'card', videoId: id }]);
  }

  async failed(id: string, code: string, detail: string): Promise<void> {
    const failure = { failure_code: code, failure_detail: detail.slice(0, 500) };
    const state = { playable: 0, processing: 'none', movie: null } as const;
    const shape = { duration: null, width: null, height: null };
    await this.#update(id, { ...state, ...shape, ...failure }, [{ type: 'card', videoId: id }]);
  }

  async posted(id: string, poster: 'browser' | 'server', version: number): Promise<void> {
    await this.#update(id, { poster, poster_version: version }, [{ type: 'card', videoId: id }]);
  }

  /** True when it was there. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#change(async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom('videos')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n ? [{ type: 'usage' }, { type: 'video.deleted', videoId: id }] : [];
    });
    if (removed) this.#options.onChange({ type: 'video.deleted', id });
    return removed;
  }

  /** Bytes of all videos, those that are still arriving with the size they announced. */
  async usedBytes(): Promise<number> {
    return sumSizes(this.#options.db);
  }

  describe(row: VideoRow): Video {
    const complete = row.upload === 'complete';
    const { failure_code: code, failure_detail: detail } = row;
    const jobs = this.#options.jobs(row.id);
    const until = row.playable === 1 ? null : this.#options.playableUntil(row.id) || null;
    return {
      id: row.id,
      title: row.title,
      fileName: row.file_name,
      upload: row.upload,
      receivedBytes: complete ? row.size_bytes : this.#options.received(row.id),
      sizeBytes: row.size_bytes,
      sha256: row.sha256,
      playable: row.playable === 1 || until !== null,
      playableUntil: until,
      ...processingOf(row, jobs),
      jobs: [...jobs],
      failure: code === null ? null : { code, detail: detail ?? '' },
      duration: row.duration,
      width: row.width,
      height: row.height,
      posterUrl: row.poster ? `${this.#options.url}/videos/${row.id}/poster?v=${row.poster_version}` : null,
      createdAt: row.created_at,
    };
  }

  async #update(
    id: string,
    change: Partial<VideoRow>,
    news: readonly HostNews[] = [],
  ): Promise<VideoRow | undefined> {
    let row: VideoRow | undefined;
    await this.#change(async (trx) => {
      await trx.updateTable('videos').set(change).where('id', '=', id).execute();
      row = await trx.selectFrom('videos').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? news : [];
    });
    if (row) this.#options.onChange({ type: 'video', id });
    return row;
  }

  /** A change and the news of it in one transaction; true when there was news. */
  async #change(work: (trx: Transaction<MediaTables>) => Promise<readonly HostNews[]>): Promise<boolean> {
    const told = await this.#options.db.transaction().execute(async (trx) => {
      const news = await work(trx);
      for (const one of news) await appendEvent(trx, one);
      return news.length > 0;
    });
    if (told) this.#options.onNews();
    return told;
  }
}

/** Pixels as whole numbers; none for sound alone. */
function whole({ duration, width, height }: Shape): Shape {
  return { duration, width: Math.round(width ?? 0) || null, height: Math.round(height ?? 0) || null };
}

async function sumSizes(db: MediaDatabase | Transaction<MediaTables>): Promise<number> {
  const { used } = await db
    .selectFrom('videos')
    .select(({ fn }) => fn.sum<number | null>('size_bytes').as('used'))
    .executeTakeFirstOrThrow();
  return Number(used ?? 0);
}
