import { mediaApi, type VideoJob } from '@ptsdly/contract';
import { api } from './api.ts';
import type { VideoRef } from './media.ts';
import { request } from './request.ts';

type JobRef = VideoRef & { readonly job: string };

const processing = api.injectEndpoints({
  endpoints: (build) => ({
    retryJob: build.mutation<VideoJob, JobRef>({
      query: ({ serverUrl, id, job }) =>
        request(mediaApi.retryJob, { params: { id, job } }, { base: serverUrl }),
      invalidatesTags: ['Videos'],
    }),
    cancelJob: build.mutation<VideoJob, JobRef>({
      query: ({ serverUrl, id, job }) =>
        request(mediaApi.cancelJob, { params: { id, job } }, { base: serverUrl }),
      invalidatesTags: ['Videos'],
    }),
  }),
});

export const { useRetryJobMutation, useCancelJobMutation } = processing;
