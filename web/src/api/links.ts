import {
  type CallInput,
  type CallOutput,
  type ImportReport,
  type Link,
  type LinkState,
  type LinkStats,
  linksApi,
  linkTransferApi,
  type VideoStats,
} from '@ptsdly/contract';
import { api } from './api.ts';
import { live } from './live.ts';
import { request } from './request.ts';

type Revoked = CallOutput<typeof linksApi.revokeLink>;
type RevokedAll = CallOutput<typeof linksApi.revokeLinks>;
type NewLink = CallInput<typeof linksApi.createLink>['body'];
type NewLinks = CallInput<typeof linksApi.createLinks>['body'];
type LinkLimits = CallInput<typeof linksApi.updateLink>['body'];
type LinkPage = CallOutput<typeof linksApi.listLinks>;

/** Which of all my links. */
export interface LinkSearch {
  readonly q: string;
  readonly state: LinkState | undefined;
}

const links = api.injectEndpoints({
  endpoints: (build) => ({
    links: build.query<readonly Link[], string>({
      query: (videoId) => request(linksApi.listLinks, { query: { videoId, limit: 100 } }),
      transformResponse: (page: { items: Link[] }) => page.items,
      providesTags: ['Links'],
    }),
    allLinks: build.infiniteQuery<LinkPage, LinkSearch, string>({
      infiniteQueryOptions: {
        initialPageParam: '',
        getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
      },
      query: ({ queryArg: { q, state }, pageParam }) =>
        request(linksApi.listLinks, {
          query: { limit: 50, q: q || undefined, state, cursor: pageParam || undefined },
        }),
      providesTags: ['Links'],
    }),
    link: build.query<Link, string>({
      query: (id) => request(linksApi.getLink, { params: { id } }),
      providesTags: ['Links'],
    }),
    linkStats: build.query<LinkStats, string>({
      query: (id) => request(linksApi.linkStats, { params: { id } }),
      onCacheEntryAdded: (id, lifetime) =>
        live<LinkStats>(`/api/links/${encodeURIComponent(id)}/stats/live`, lifetime),
    }),
    videoStats: build.query<VideoStats, string>({
      query: (videoId) => request(linksApi.videoStats, { query: { videoId } }),
      onCacheEntryAdded: (videoId, lifetime) =>
        live<VideoStats>(`/api/links/stats/live?videoId=${encodeURIComponent(videoId)}`, lifetime),
    }),
    eraseStats: build.mutation<null, string>({
      query: (id) => request(linksApi.eraseStats, { params: { id } }),
    }),
    createLink: build.mutation<Link, NewLink>({
      query: (body) => request(linksApi.createLink, { body }),
      invalidatesTags: ['Links'],
    }),
    createLinks: build.mutation<{ items: Link[] }, NewLinks>({
      query: (body) => request(linksApi.createLinks, { body }),
      invalidatesTags: ['Links'],
    }),
    updateLink: build.mutation<Link, LinkLimits & { readonly id: string }>({
      query: ({ id, ...body }) => request(linksApi.updateLink, { params: { id }, body }),
      invalidatesTags: ['Links'],
    }),
    importLinks: build.mutation<ImportReport, { csv: string } | { links: unknown[] }>({
      query: (body) => request(linkTransferApi.importLinks, { body }),
      invalidatesTags: ['Links'],
    }),
    revokeLinks: build.mutation<RevokedAll, string>({
      query: (videoId) => request(linksApi.revokeLinks, { query: { videoId } }),
      invalidatesTags: ['Links'],
    }),
    revokeChosen: build.mutation<RevokedAll, string[]>({
      query: (ids) => request(linksApi.revokeChosen, { body: { ids } }),
      invalidatesTags: ['Links'],
    }),
    revokeLink: build.mutation<Revoked, string>({
      query: (id) => request(linksApi.revokeLink, { params: { id } }),
      invalidatesTags: ['Links'],
    }),
  }),
});

export const {
  useLinksQuery,
  useLazyLinksQuery,
  useAllLinksInfiniteQuery,
  useLinkQuery,
  useLinkStatsQuery,
  useVideoStatsQuery,
  useEraseStatsMutation,
  useCreateLinkMutation,
  useCreateLinksMutation,
  useUpdateLinkMutation,
  useImportLinksMutation,
  useRevokeLinkMutation,
  useRevokeChosenMutation,
  useRevokeLinksMutation,
} = links;
