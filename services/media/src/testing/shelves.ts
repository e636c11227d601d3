import { newDatabase } from '@ptsdly/db/testing';
import { type MediaDatabase, openMediaDatabase, type VideoRow } from '../database.ts';
import { Bulk } from '../library/bulk.ts';
import { Catalogue, type VideoQuery } from '../library/catalogue.ts';
import { Folders } from '../library/folders.ts';
import { Journal, type Touched } from '../library/journal.ts';
import { Library } from '../library/library.ts';
import { Trash } from '../library/trash.ts';
import { Subtitles } from '../subtitles/subtitles.ts';

/** A library without a server around it, on a real database in memory. */
export async function openShelves() {
  const db: MediaDatabase = await openMediaDatabase(newDatabase());
  const touched: Touched[] = [];
  const journal = new Journal({ db, onNews: () => undefined, onTouched: (one) => touched.push(one) });
  const library = new Library({
    ...{ journal, quotaBytes: 1e15, url: '' },
    received: () => 0,
    playableUntil: () => null,
    jobs: () => [],
  });
  const subtitles = new Subtitles({ journal, url: '' });
  const describe = (row: VideoRow) => library.describe(row);
  const deleteVideo = async (id: string) => void (await library.remove(id));
  const putAway: string[] = [];
  const onPutAway = (ids: ReadonlySet<string>) => void putAway.push(...ids);
  const trash = await Trash.load({ journal, onPutAway, deleteVideo });
  const catalogue = new Catalogue({ db, subtitles: subtitles.search, describe });
  return {
    ...{ db, journal, library, subtitles, catalogue, trash, touched, putAway },
    folders: new Folders(journal),
    bulk: new Bulk({ journal, trash, deleteVideo }),
    add: (title: string, more: { folderId?: string; size?: number } = {}) =>
      library.create({ title, fileName: `${title}.mp4`, fileType: 'video/mp4', size: 10, ...more }),
    list: (query: Partial<VideoQuery> = {}) =>
      catalogue.page({ limit: 200, sort: '-created', trashed: false, ...query }),
  };
}

export type Shelves = Awaited<ReturnType<typeof openShelves>>;
