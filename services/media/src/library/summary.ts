import type { LibrarySummary, Video } from '@ptsdly/contract';
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { MediaDatabase, MediaTables } from '../database.ts';
import { RenditionStore } from '../renditions/rendition-store.ts';
import { isShown, states } from './catalogue.ts';
import type { Library } from './library.ts';
import { TRASH_DAYS } from './trash.ts';

type Builder = ExpressionBuilder<MediaTables, 'videos'>;

export interface SummaryOptions {
  readonly db: MediaDatabase;
  readonly library: Library;
  readonly quotaBytes: number;
}

/** Counts, tags, and what the storage is used for. */
export async function summarise({ db, library, quotaBytes }: SummaryOptions): Promise<LibrarySummary> {
  const live = (eb: Builder) => eb('trashed_at', 'is', null);
  const amount = async (condition: (eb: Builder) => Expression<SqlBool>) => {
    const row = await db
      .selectFrom('videos')
      .select(({ fn }) => [
        fn.countAll<number>().as('count'),
        fn.sum<number | null>('size_bytes').as('bytes'),
      ])
      .where(isShown)
      .where(condition)
      .executeTakeFirstOrThrow();
    return { count: Number(row.count), bytes: Number(row.bytes ?? 0) };
  };
  const kinds = await db
    .selectFrom('videos')
    .select(({ fn }) => ['kind', fn.countAll<number>().as('count'), fn.sum<number>('size_bytes').as('bytes')])
    .where(live)
    .where(isShown)
    .groupBy('kind')
    .orderBy('bytes', 'desc')
    .execute();
  const tags = await db
    .selectFrom('video_tags')
    .innerJoin('videos', 'videos.id', 'video_tags.video_id')
    .select(({ fn }) => [fn.min<string>('video_tags.name').as('name'), fn.countAll<number>().as('count')])
    .where('trashed_at', 'is', null)
    .groupBy('tag_key')
    .execute();
  const bytes = async (condition: (eb: Builder) => Expression<SqlBool>) => {
    const row = await db
      .selectFrom('videos')
      .select(({ fn }) => fn.sum<number | null>('size_bytes').as('bytes'))
      .where(condition)
      .executeTakeFirstOrThrow();
    return Number(row.bytes ?? 0);
  };
  const here = (eb: Builder) => eb('upload', '=', 'complete');
  const order = new Intl.Collator('ko', { numeric: true });
  return {
    usedBytes: await library.usedBytes(),
    quotaBytes,
    videos: await amount(live),
    favorites: await amount((eb) => eb.and([live(eb), eb('favorite', '=', 1)])),
    trash: await amount((eb) => eb('trashed_at', 'is not', null)),
    storage: {
      originals: await bytes((eb) => eb.and([live(eb), here(eb), eb('replaces', '=', '')])),
      arriving: await bytes((eb) =>
        eb.and([
          live(eb),
          eb('kept_until', 'is', null),
          eb.or([eb('upload', '=', 'receiving'), eb('replaces', '!=', '')]),
        ]),
      ),
      former: await bytes((eb) => eb('kept_until', 'is not', null)),
      renditions: await new RenditionStore(db).usedBytes(),
    },
    processing: await amount((eb) => eb.and([live(eb), states.processing(eb)])),
    unplayable: await amount((eb) => eb.and([live(eb), states.unplayable(eb)])),
    kinds: kinds.map(({ kind, count, bytes }) => ({ kind, count: Number(count), bytes: Number(bytes) })),
    tags: tags
      .map(({ name, count }) => ({ name, count: Number(count) }))
      .sort((a, b) => order.compare(a.name, b.name)),
    trashDays: TRASH_DAYS,
  };
}

export interface SameFile {
  readonly sizeBytes: number;
  readonly sha256?: string | undefined;
}

/**
 * Whether a file is here already. A size alone tells only that it may be: the client then computes the hash, which
 * names the video. One in the trash is told too, after those that are not.
 */
export async function findSame(
  db: MediaDatabase,
  library: Library,
  { sizeBytes, sha256 }: SameFile,
): Promise<{ sameSize: number; video: Video | null }> {
  const complete = db
    .selectFrom('videos')
    .where('size_bytes', '=', sizeBytes)
    .where('replaces', '=', '')
    .where('upload', '=', 'complete');
  const { count } = await complete
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (sha256 === undefined) return { sameSize: Number(count), video: null };
  const row = await complete
    .selectAll()
    .where('sha256', '=', sha256)
    .orderBy(sql`trashed_at is not null`)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return { sameSize: Number(count), video: row ? library.describe(row) : null };
}
