import type { HandlerInput, mediaApi, Video, VideoSort } from '@ptsdly/contract';
import { type Expression, type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { MediaDatabase, MediaTables, VideoRow } from '../database.ts';
import type { SubtitleSearch } from '../subtitles/subtitle-search.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { normalise, searchTerms } from './wording.ts';

export type VideoQuery = HandlerInput<typeof mediaApi.listVideos>['query'];

type Builder = ExpressionBuilder<MediaTables, 'videos'>;
type SortKey = Exclude<VideoSort, `-${string}`> | 'played' | 'trashed';

/** What each order compares; the id breaks ties. Ids sort by the time they were made. */
const keys: Readonly<Record<SortKey, RawBuilder<string | number>>> = {
  created: sql.ref('videos.id'),
  title: sql.ref('videos.title_key'),
  duration: sql`coalesce(videos.duration, -1)`,
  size: sql.ref('videos.size_bytes'),
  played: sql`coalesce(videos.played_at, '')`,
  trashed: sql`coalesce(videos.trashed_at, '')`,
};

export interface CatalogueOptions {
  readonly db: MediaDatabase;
  readonly subtitles: SubtitleSearch;
  readonly describe: (row: VideoRow) => Video;
}

/** The videos as lists: filtered, searched, sorted, in pages. */
export class Catalogue {
  readonly #options: CatalogueOptions;

  constructor(options: CatalogueOptions) {
    this.#options = options;
  }

  /** Rejects with `invalid_fields` on a cursor that is none. */
  async page(query: VideoQuery): Promise<{ items: Video[]; nextCursor: string | null; total: number }> {
    const { db } = this.#options;
    const key = keys[query.sort.replace('-', '') as SortKey];
    const direction = query.sort.startsWith('-') ? 'desc' : 'asc';
    const condition = await this.#condition(query);
    const matching = db.selectFrom('videos').where(isShown).where(condition);
    // only what is compared is sorted: a row carries far more
    let select = matching.select(['videos.id', key.as('sort_value')]);
    if (query.cursor) {
      const { value, id } = readCursor(query.cursor);
      const beyond = sql.raw(direction === 'desc' ? '<' : '>');
      select = select.where(
        sql<SqlBool>`(${key} ${beyond} ${value} or (${key} = ${value} and videos.id ${beyond} ${id}))`,
      );
    }
    const places = await select
      .orderBy(key, direction)
      .orderBy('videos.id', direction)
      .limit(query.limit + 1)
      .offset(query.offset ?? 0)
      .execute();
    const { total } = await matching
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow();
    const shown = places.slice(0, query.limit);
    const last = places.length > query.limit ? shown.at(-1) : undefined;
    return {
      items: await this.#read(shown.map(({ id }) => id)),
      nextCursor: last ? writeCursor({ value: last.sort_value, id: last.id }) : null,
      total: Number(total),
    };
  }

  /** In the order of the ids. */
  async #read(ids: readonly string[]): Promise<Video[]> {
    const { db, describe } = this.#options;
    if (ids.length === 0) return [];
    const rows = await db.selectFrom('videos').selectAll().where('id', 'in', ids).execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []).map(describe);
  }

  async #condition(query: VideoQuery): Promise<(eb: Builder) => Expression<SqlBool>> {
    const terms = searchTerms(query.search ?? '');
    const spoken = await Promise.all(terms.map((term) => this.#options.subtitles.find(term)));
    return (eb) => {
      const all: Expression<SqlBool>[] = [eb('trashed_at', query.trashed ? 'is not' : 'is', null)];
      if (query.folder !== undefined)
        all.push(eb('folder_id', '=', query.folder === 'root' ? '' : query.folder));
      if (query.favorite !== undefined) all.push(eb('favorite', '=', query.favorite ? 1 : 0));
      if (query.state !== undefined) all.push(states[query.state](eb));
      if (query.tag !== undefined) {
        const tagged = eb
          .selectFrom('video_tags')
          .select('video_id')
          .where('tag_key', '=', normalise(query.tag));
        all.push(eb('videos.id', 'in', tagged));
      }
      for (const [i, term] of terms.entries()) {
        const written = sql<SqlBool>`instr(search_text, ${term}) > 0`;
        const ids = spoken[i] ?? [];
        all.push(ids.length > 0 ? eb.or([written, eb('videos.id', 'in', ids)]) : written);
      }
      return eb.and(all);
    };
  }
}

/**
 * No file that only waits to replace another, or was replaced. Written so that no index is asked: nearly all rows are
 * shown, and the index of `replaces` would be taken before one that helps.
 */
export const isShown = sql<SqlBool>`coalesce(videos.replaces, '') = ''`;

/** What `state` asks for; also what the summary counts. */
export const states = {
  processing: (eb: Builder) =>
    eb.or([
      eb('upload', '=', 'receiving'),
      eb('processing', '!=', 'none'),
      eb.and([eb('playable', '=', 0), eb('failure_code', 'is', null)]),
    ]),
  playable: (eb: Builder) => eb('playable', '=', 1),
  unplayable: (eb: Builder) => eb.and([eb('playable', '=', 0), eb('failure_code', 'is not', null)]),
};
