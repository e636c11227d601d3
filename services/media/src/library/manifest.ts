import type { HandlerInput, libraryApi } from '@ptsdly/contract';
import type { MediaDatabase } from '../database.ts';
import type { Subtitles } from '../subtitles/subtitles.ts';
import { isShown } from './catalogue.ts';
import { readChapters } from './chapters.ts';
import { FolderTree } from './folder-tree.ts';
import type { Library } from './library.ts';

export interface ManifestOptions {
  readonly db: MediaDatabase;
  readonly library: Library;
  readonly subtitles: Subtitles;
  /** URL of this server. */
  readonly url: string;
}

/** What is here, as it would lie in folders on a disk: oldest first, without what is in the trash. */
export async function readManifest(
  { db, library, subtitles, url }: ManifestOptions,
  { cursor, limit }: HandlerInput<typeof libraryApi.manifest>['query'],
) {
  const rows = await db
    .selectFrom('videos')
    .selectAll()
    .where('trashed_at', 'is', null)
    .where('upload', '=', 'complete')
    .where(isShown)
    .where('id', '>', cursor ?? '')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const tree = await FolderTree.load(db);
  const items = await Promise.all(
    rows.slice(0, limit).map(async (row) => ({
      ...library.describe(row),
      path: tree.path(row.folder_id).map((folder) => folder.name),
      originalUrl: `${url}/videos/${row.id}/original`,
      chapters: await readChapters(db, row.id),
      subtitles: await subtitles.list(row.id),
    })),
  );
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
