import { type CallInput, type CallOutput, type Link, type LinkStats, linksApi } from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

type Revoked = CallOutput<typeof linksApi.revokeLink>;
type RevokedAll = CallOutput<typeof linksApi.revokeLinks>;
type NewLink = CallInput<typeof linksApi.createLink>['body'];
type LinkLimits = CallInput<typeof linksApi.updateLink>['body'];

const links = api.injectEndpoints({
  endpoints: (build) => ({
    links: build.query<readonly Link[], string>({
      query: (videoId) => request(linksApi.listLinks, { query: { videoId, limit: 100 } }),
      transformResponse: (page: { items: Link[] }) => page.items,
      providesTags: ['Links'],
    }),
    linkStats: build.query<LinkStats, string>({
      query: (id) => request(linksApi.linkStats, { params: { id } }),
    }),
    createLink: build.mutation<Link, NewLink>({
      query: (body) => request(linksApi.createLink, { body }),
      invalidatesTags: ['Links'],
    }),
    updateLink: build.mutation<Link, LinkLimits & { readonly id: string }>({
      query: ({ id, ...body }) => request(linksApi.updateLink, { params: { id }, body }),
      invalidatesTags: ['Links'],
    }),
    revokeLinks: build.mutation<RevokedAll, string>({
      query: (videoId) => request(linksApi.revokeLinks, { query: { videoId } }),
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
  useLinkStatsQuery,
  useCreateLinkMutation,
  useUpdateLinkMutation,
  useRevokeLinkMutation,
  useRevokeLinksMutation,
} = links;
