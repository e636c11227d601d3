import type { libraryApi, mediaApi } from '@ptsdly/contract';
import type { Handlers } from '@ptsdly/kit';
import type { Subtitles } from '../subtitles/subtitles.ts';
import type { Bulk } from './bulk.ts';
import type { Catalogue } from './catalogue.ts';
import { writeChapters } from './chapters.ts';
import { type DetailsOptions, readDetails } from './details.ts';
import { type DirectReadOptions, readDirectly } from './direct-read.ts';
import type { Folders } from './folders.ts';
import type { Journal } from './journal.ts';
import type { Library } from './library.ts';
import { readManifest } from './manifest.ts';
import type { Replacements } from './replacements.ts';
import { findSame, summarise } from './summary.ts';
import type { Trash } from './trash.ts';

/** All that the library is made of. */
export interface LibraryParts {
  readonly journal: Journal;
  readonly library: Library;
  readonly catalogue: Catalogue;
  readonly folders: Folders;
  readonly trash: Trash;
  readonly bulk: Bulk;
  readonly replacements: Replacements;
  readonly subtitles: Subtitles;
  readonly packaged: DetailsOptions['packaged'];
  readonly renditions: DetailsOptions['renditions'];
  readonly storage: DirectReadOptions['storage'];
  readonly quotaBytes: number;
  /** URL of this server. */
  readonly url: string;
}

type VideoCalls = 'listVideos' | 'getVideo' | 'updateVideo';

/** The calls of the older API that the library answers. */
export const videoHandlers = ({
  library,
  catalogue,
}: LibraryParts): Pick<Handlers<typeof mediaApi>, VideoCalls> => ({
  listVideos: ({ query }) => catalogue.page(query),
  getVideo: ({ params }) => library.get(params.id),
  updateVideo: ({ params, body }) => library.change(params.id, body),
});

export function libraryHandlers(parts: LibraryParts): Handlers<typeof libraryApi> {
  const { journal, library, folders, trash, bulk, subtitles, replacements } = parts;
  const { db } = journal;
  return {
    librarySummary: () => summarise({ db, library, quotaBytes: parts.quotaBytes }),
    bulk: ({ body }) => bulk.run(body.ids, body.action),
    sameFile: ({ body }) => findSame(db, library, body),
    videoDetails: ({ params }) => readDetails({ ...parts, db }, params.id),
    directRead: ({ params, body }) => readDirectly(parts, params.id, body),
    putPosition: async ({ params, body }) => {
      await library.watched(params.id, body.at);
      return undefined;
    },
    putChapters: async ({ params, body }) => ({ items: await writeChapters(journal, params.id, body.items) }),
    restoreFile: async ({ params }) => {
      await replacements.restore(params.id);
      return library.get(params.id);
    },
    discardFormerFile: async ({ params }) => {
      await replacements.discard(params.id, 'former');
      return undefined;
    },
    discardReplacement: async ({ params }) => {
      await replacements.discard(params.id, 'replacement');
      return undefined;
    },
    updateSubtitle: ({ params, body }) => subtitles.change(params.id, params.subtitleId, body),
    deleteSubtitle: async ({ params }) => {
      await subtitles.remove(params.id, params.subtitleId);
      return undefined;
    },
    listFolders: async () => ({ items: await folders.list() }),
    createFolder: ({ body }) => folders.create(body.name, body.parentId),
    ensureFolders: async ({ body }) => ({ folderIds: await folders.ensure(body.parentId, body.paths) }),
    updateFolder: ({ params, body }) => folders.change(params.id, body),
    deleteFolder: async ({ params }) => ({ videoIds: await trash.putFolder(params.id) }),
    listTrashedFolders: async () => ({ items: await folders.trashed() }),
    restoreFolder: ({ params }) => trash.restoreFolder(params.id),
    emptyTrash: async () => ({ deleted: await trash.empty() }),
    manifest: ({ query }) => readManifest({ ...parts, db }, query),
  };
}
