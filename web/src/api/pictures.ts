import { Problem } from '@ptsdly/contract';
import { api } from './api.ts';
import type { VideoRef } from './media.ts';
import { toApiProblem } from './problem.ts';
import { parseStoryboard, type StoryboardPicture } from './storyboard.ts';

const pictures = api.injectEndpoints({
  endpoints: (build) => ({
    /** The thumbnails of a video, by the address that its description gives. */
    storyboard: build.query<readonly StoryboardPicture[], string>({
      queryFn: (url, { signal }) =>
        answerOf(async () =>
          parseStoryboard(await (await send(url, { signal })).text(), new URL(url, location.origin).href),
        ),
      keepUnusedDataFor: 300,
    }),
    /** Chooses a poster by hand. */
    putPoster: build.mutation<null, VideoRef & { readonly jpeg: Blob }>({
      queryFn: ({ jpeg, ...ref }) =>
        answerOf(async () => {
          await send(posterOf(ref), { method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body: jpeg });
          return null;
        }),
      invalidatesTags: ['Videos'],
    }),
    /** Leaves the poster to the server again. */
    releasePoster: build.mutation<null, VideoRef>({
      queryFn: (ref) =>
        answerOf(async () => {
          await send(posterOf(ref), { method: 'DELETE' });
          return null;
        }),
      invalidatesTags: ['Videos'],
    }),
  }),
});

const posterOf = ({ serverUrl, id }: VideoRef) => `${serverUrl}/videos/${encodeURIComponent(id)}/poster`;

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw await Problem.fromResponse(response);
  return response;
}

async function answerOf<T>(work: () => Promise<T>) {
  try {
    return { data: await work() };
  } catch (thrown) {
    return { error: toApiProblem(thrown) };
  }
}

export const { useStoryboardQuery, usePutPosterMutation, useReleasePosterMutation } = pictures;
