import { mediaApi, type Video } from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

const imports = api.injectEndpoints({
  endpoints: (build) => ({
    importVideo: build.mutation<Video, { readonly serverUrl: string; readonly url: string }>({
      query: ({ serverUrl, url }) => request(mediaApi.importVideo, { body: { url } }, { base: serverUrl }),
      invalidatesTags: ['Videos', 'Servers'],
    }),
  }),
});

export const { useImportVideoMutation } = imports;
