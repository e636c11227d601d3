import { type Chapter, Problem } from '@ptsdly/contract';
import type { MediaDatabase } from '../database.ts';
import type { Journal } from './journal.ts';

/** The chapters that the owner has set, by time. */
export async function readChapters(db: MediaDatabase, videoId: string): Promise<Chapter[]> {
  const rows = await db
    .selectFrom('chapters')
    .select(['start_at', 'title'])
    .where('video_id', '=', videoId)
    .orderBy('position')
    .execute();
  return rows.map(({ start_at: startAt, title }) => ({ startAt, title }));
}

/** Sets all of them. Rejects with `not_found`, or with `invalid_fields` where two begin together or one after the end. */
export async function writeChapters(
  journal: Journal,
  videoId: string,
  items: readonly Chapter[],
): Promise<Chapter[]> {
  const sorted = [...items].sort((a, b) => a.startAt - b.startAt);
  await journal.write(async (trx) => {
    const video = await trx
      .selectFrom('videos')
      .select('duration')
      .where('id', '=', videoId)
      .executeTakeFirst();
    if (!video) throw new Problem('not_found');
    requireOrder(sorted, video.duration ?? Number.POSITIVE_INFINITY);
    await trx.deleteFrom('chapters').where('video_id', '=', videoId).execute();
    const rows = sorted.map(({ startAt, title }, position) => ({
      ...{ video_id: videoId, position, title },
      start_at: startAt,
    }));
    if (rows.length > 0) await trx.insertInto('chapters').values(rows).execute();
    return { videos: [videoId] };
  });
  return sorted;
}

function requireOrder(chapters: readonly Chapter[], duration: number): void {
  const wrong = chapters.findIndex(
    ({ startAt }, i) => startAt >= duration || startAt === chapters[i - 1]?.startAt,
  );
  if (wrong < 0) return;
  throw new Problem('invalid_fields', {
    errors: [{ field: `items.${wrong}.startAt`, message: 'taken, or after the end' }],
  });
}
