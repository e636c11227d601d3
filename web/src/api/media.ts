import { type CallInput, mediaApi, type PlayAnswer, type Video } from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

/** One video of one server. */
export interface VideoRef {
  readonly serverUrl: string;
  readonly id: string;
}

type VideoChange = CallInput<typeof mediaApi.updateVideo>['body'];

const media = api.injectEndpoints({
  endpoints: (build) => ({
    video: build.query<Video, VideoRef>({
      query: ({ serverUrl, id }) => request(mediaApi.getVideo, { params: { id } }, { base: serverUrl }),
      providesTags: ['Videos'],
    }),
    changeVideo: build.mutation<Video, VideoRef & VideoChange>({
      query: ({ serverUrl, id, ...body }) =>
        request(mediaApi.updateVideo, { params: { id }, body }, { base: serverUrl }),
      invalidatesTags: ['Videos', 'Library', 'Folders'],
    }),
    deleteVideo: build.mutation<unknown, VideoRef>({
      query: ({ serverUrl, id }) => request(mediaApi.deleteVideo, { params: { id } }, { base: serverUrl }),
      invalidatesTags: ['Videos', 'Library', 'Folders', 'Servers', 'Links'],
    }),
    playOwn: build.mutation<PlayAnswer, VideoRef>({
      query: ({ serverUrl, id }) => request(mediaApi.playOwn, { params: { id } }, { base: serverUrl }),
    }),
  }),
});

export const originalUrl = (serverUrl: string, id: string) =>
  `${serverUrl}/videos/${encodeURIComponent(id)}/original`;

export const updateVideo = media.util.updateQueryData;

export const { useVideoQuery, useChangeVideoMutation, useDeleteVideoMutation, usePlayOwnMutation } = media;
