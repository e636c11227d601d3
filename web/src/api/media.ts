import { mediaApi, type PlayAnswer, type Video } from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

/** One video of one server. */
export interface VideoRef {
  readonly serverUrl: string;
  readonly id: string;
}

interface VideoPage {
  readonly items: Video[];
  readonly nextCursor: string | null;
}

const media = api.injectEndpoints({
  endpoints: (build) => ({
    videos: build.infiniteQuery<VideoPage, string, string | undefined>({
      infiniteQueryOptions: {
        initialPageParam: undefined,
        getNextPageParam: (last) => last.nextCursor ?? undefined,
      },
      query: ({ queryArg: serverUrl, pageParam: cursor }) =>
        request(mediaApi.listVideos, { query: { cursor, limit: 48 } }, { base: serverUrl }),
      providesTags: ['Videos'],
    }),
    video: build.query<Video, VideoRef>({
      query: ({ serverUrl, id }) => request(mediaApi.getVideo, { params: { id } }, { base: serverUrl }),
      providesTags: ['Videos'],
    }),
    renameVideo: build.mutation<Video, VideoRef & { readonly title: string }>({
      query: ({ serverUrl, id, title }) =>
        request(mediaApi.updateVideo, { params: { id }, body: { title } }, { base: serverUrl }),
      invalidatesTags: ['Videos'],
    }),
    deleteVideo: build.mutation<unknown, VideoRef>({
      query: ({ serverUrl, id }) => request(mediaApi.deleteVideo, { params: { id } }, { base: serverUrl }),
      invalidatesTags: ['Videos', 'Servers', 'Links'],
    }),
    playOwn: build.mutation<PlayAnswer, VideoRef>({
      query: ({ serverUrl, id }) => request(mediaApi.playOwn, { params: { id } }, { base: serverUrl }),
    }),
  }),
});

export const originalUrl = (serverUrl: string, id: string) =>
  `${serverUrl}/videos/${encodeURIComponent(id)}/original`;

export const {
  useVideosInfiniteQuery,
  useVideoQuery,
  useRenameVideoMutation,
  useDeleteVideoMutation,
  usePlayOwnMutation,
} = media;
