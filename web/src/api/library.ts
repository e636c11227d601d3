import {
  type BulkAction,
  type BulkAnswer,
  type CallInput,
  type CallOutput,
  type Chapter,
  type Folder,
  type LibrarySummary,
  libraryApi,
  mediaApi,
  Problem,
  type Subtitle,
  type TrashedFolder,
  type Video,
  type VideoDetails,
} from '@ptsdly/contract';
import { api } from './api.ts';
import type { VideoRef } from './media.ts';
import { toApiProblem } from './problem.ts';
import { request } from './request.ts';

/** What narrows and orders a list of videos. */
export type VideoFilter = Omit<
  NonNullable<CallInput<typeof mediaApi.listVideos>['query']>,
  'cursor' | 'offset' | 'limit'
>;

/** A stretch of a list, by its place in it. */
export interface VideoWindow {
  readonly serverUrl: string;
  readonly filter: VideoFilter;
  readonly offset: number;
}

export interface VideoStretch {
  readonly items: readonly Video[];
  readonly total: number;
}

interface Bulk {
  readonly serverUrl: string;
  readonly ids: readonly string[];
  readonly action: BulkAction;
}

interface FolderRef {
  readonly serverUrl: string;
  readonly id: string;
}

type Same = CallOutput<typeof libraryApi.sameFile>;

export const stretchLength = 60;
/** As many as one call takes. */
const bulkLength = 1000;
const everything = ['Videos', 'Library', 'Folders'] as const;

const library = api.injectEndpoints({
  endpoints: (build) => ({
    videoWindow: build.query<VideoStretch, VideoWindow>({
      query: ({ serverUrl, filter, offset }) =>
        request(
          mediaApi.listVideos,
          { query: { ...filter, offset, limit: stretchLength } },
          { base: serverUrl },
        ),
      providesTags: ['Videos'],
      keepUnusedDataFor: 30,
    }),
    librarySummary: build.query<LibrarySummary, string>({
      query: (base) => request(libraryApi.librarySummary, {}, { base }),
      providesTags: ['Library'],
    }),
    folders: build.query<readonly Folder[], string>({
      query: (base) => request(libraryApi.listFolders, {}, { base }),
      transformResponse: (answer: { items: Folder[] }) => answer.items,
      providesTags: ['Folders'],
    }),
    videoDetails: build.query<VideoDetails, VideoRef>({
      query: ({ serverUrl, id }) => request(libraryApi.videoDetails, { params: { id } }, { base: serverUrl }),
      providesTags: ['Details'],
    }),
    /** Any number of videos; the first call that fails ends it. */
    bulk: build.mutation<BulkAnswer['results'], Bulk>({
      async queryFn({ serverUrl, ids, action }, _api, _options, ask) {
        const results: BulkAnswer['results'] = [];
        for (let at = 0; at < ids.length; at += bulkLength) {
          const body = { ids: ids.slice(at, at + bulkLength), action };
          const { data, error } = await ask(request(libraryApi.bulk, { body }, { base: serverUrl }));
          if (error) return { error };
          results.push(...(data as BulkAnswer).results);
        }
        return { data: results };
      },
      invalidatesTags: [...everything, 'Servers'],
    }),
    createFolder: build.mutation<Folder, { serverUrl: string; name: string; parentId: string | null }>({
      query: ({ serverUrl, ...body }) => request(libraryApi.createFolder, { body }, { base: serverUrl }),
      invalidatesTags: ['Folders'],
    }),
    changeFolder: build.mutation<Folder, FolderRef & { name?: string; parentId?: string | null }>({
      query: ({ serverUrl, id, ...body }) =>
        request(libraryApi.updateFolder, { params: { id }, body }, { base: serverUrl }),
      invalidatesTags: ['Folders'],
    }),
    trashFolder: build.mutation<{ videoIds: string[] }, FolderRef>({
      query: ({ serverUrl, id }) => request(libraryApi.deleteFolder, { params: { id } }, { base: serverUrl }),
      invalidatesTags: everything,
    }),
    restoreFolder: build.mutation<Folder, FolderRef>({
      query: ({ serverUrl, id }) =>
        request(libraryApi.restoreFolder, { params: { id } }, { base: serverUrl }),
      invalidatesTags: everything,
    }),
    trashedFolders: build.query<readonly TrashedFolder[], string>({
      query: (base) => request(libraryApi.listTrashedFolders, {}, { base }),
      transformResponse: (answer: { items: TrashedFolder[] }) => answer.items,
      providesTags: ['Folders'],
    }),
    emptyTrash: build.mutation<{ deleted: number }, string>({
      query: (base) => request(libraryApi.emptyTrash, {}, { base }),
      invalidatesTags: [...everything, 'Servers', 'Links'],
    }),
    putPosition: build.mutation<unknown, VideoRef & { at: number | null }>({
      query: ({ serverUrl, id, at }) =>
        request(libraryApi.putPosition, { params: { id }, body: { at } }, { base: serverUrl }),
    }),
    putChapters: build.mutation<unknown, VideoRef & { items: Chapter[] }>({
      query: ({ serverUrl, id, items }) =>
        request(libraryApi.putChapters, { params: { id }, body: { items } }, { base: serverUrl }),
      invalidatesTags: ['Details'],
    }),
    restoreFile: build.mutation<Video, VideoRef>({
      query: ({ serverUrl, id }) => request(libraryApi.restoreFile, { params: { id } }, { base: serverUrl }),
      invalidatesTags: [...everything, 'Details'],
    }),
    discardFormerFile: build.mutation<unknown, VideoRef>({
      query: ({ serverUrl, id }) =>
        request(libraryApi.discardFormerFile, { params: { id } }, { base: serverUrl }),
      invalidatesTags: ['Library', 'Servers', 'Details'],
    }),
    discardReplacement: build.mutation<unknown, VideoRef>({
      query: ({ serverUrl, id }) =>
        request(libraryApi.discardReplacement, { params: { id } }, { base: serverUrl }),
      invalidatesTags: ['Library', 'Servers', 'Details'],
    }),
    /** A file as it is; the server reads what it is. */
    addSubtitle: build.mutation<Subtitle, VideoRef & { file: File }>({
      async queryFn({ serverUrl, id, file }) {
        const url = `${serverUrl}/videos/${encodeURIComponent(id)}/subtitles?name=${encodeURIComponent(file.name)}`;
        try {
          const answer = await fetch(url, { method: 'POST', body: file });
          if (!answer.ok) throw await Problem.fromResponse(answer);
          return { data: (await answer.json()) as Subtitle };
        } catch (thrown) {
          const problem = thrown instanceof Problem ? thrown : new Problem('unavailable', { cause: thrown });
          return { error: toApiProblem(problem) };
        }
      },
      invalidatesTags: ['Details'],
    }),
    removeSubtitle: build.mutation<unknown, VideoRef & { subtitleId: string }>({
      query: ({ serverUrl, id, subtitleId }) =>
        request(libraryApi.deleteSubtitle, { params: { id, subtitleId } }, { base: serverUrl }),
      invalidatesTags: ['Details'],
    }),
    sameFile: build.mutation<Same, { serverUrl: string; sizeBytes: number; sha256?: string }>({
      query: ({ serverUrl, ...body }) => request(libraryApi.sameFile, { body }, { base: serverUrl }),
    }),
    ensureFolders: build.mutation<
      { folderIds: string[] },
      { serverUrl: string; parentId: string | null; paths: string[][] }
    >({
      query: ({ serverUrl, ...body }) => request(libraryApi.ensureFolders, { body }, { base: serverUrl }),
      invalidatesTags: ['Folders'],
    }),
  }),
});

export const libraryEndpoints = library.endpoints;
export const updateVideos = library.util.updateQueryData;

export const {
  useVideoWindowQuery,
  useLibrarySummaryQuery,
  useFoldersQuery,
  useTrashedFoldersQuery,
  useVideoDetailsQuery,
  useBulkMutation,
  useCreateFolderMutation,
  useChangeFolderMutation,
  useTrashFolderMutation,
  useRestoreFolderMutation,
  useEmptyTrashMutation,
  usePutChaptersMutation,
  useRestoreFileMutation,
  useDiscardFormerFileMutation,
  useDiscardReplacementMutation,
  usePutPositionMutation,
  useAddSubtitleMutation,
  useRemoveSubtitleMutation,
} = library;
