import {
  type CallOutput,
  type Server,
  type ServerUsage,
  type Subscription,
  serverEvent,
  subscriptionsApi,
  type TimelineEntry,
} from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

interface Subscribe {
  readonly planId: string;
  readonly serverName: string;
  readonly timeZone: string;
  /** One for an attempt, however often it is sent. */
  readonly idempotencyKey: string;
}

const subscriptions = api.injectEndpoints({
  endpoints: (build) => ({
    offer: build.query<CallOutput<typeof subscriptionsApi.plans>, void>({
      query: () => request(subscriptionsApi.plans, {}),
      keepUnusedDataFor: 600,
    }),
    usage: build.query<ServerUsage, string>({
      query: (id) => request(subscriptionsApi.getUsage, { params: { id } }),
      keepUnusedDataFor: 0,
    }),
    subscriptions: build.query<readonly Subscription[], void>({
      query: () => request(subscriptionsApi.listSubscriptions, {}),
      transformResponse: (page: { items: Subscription[] }) => page.items,
      providesTags: ['Subscriptions'],
    }),
    subscribe: build.mutation<Subscription, Subscribe>({
      query: ({ idempotencyKey, ...body }) =>
        request(subscriptionsApi.subscribe, { body }, { headers: { 'idempotency-key': idempotencyKey } }),
      invalidatesTags: (_, error) => (error ? [] : ['Servers', 'Subscriptions']),
    }),
    servers: build.query<readonly Server[], void>({
      query: () => request(subscriptionsApi.listServers, {}),
      transformResponse: (page: { items: Server[] }) => page.items,
      providesTags: ['Servers'],
    }),
    /** What became of a server, newest first; `serverTimeline`'s events renew it. */
    timeline: build.query<readonly TimelineEntry[], string>({
      query: (id) => request(subscriptionsApi.getTimeline, { params: { id } }),
      transformResponse: (page: { items: TimelineEntry[] }) => page.items,
      keepUnusedDataFor: 0,
      providesTags: ['Timeline'],
    }),
    /** Follows the server's own events until it has settled. */
    serverTimeline: build.query<Server, string>({
      query: (id) => request(subscriptionsApi.getServer, { params: { id } }),
      keepUnusedDataFor: 0,
      async onCacheEntryAdded(id, { updateCachedData, cacheEntryRemoved, dispatch }) {
        const events = new EventSource(`/api/servers/${encodeURIComponent(id)}/events`);
        events.addEventListener('server', (message: MessageEvent<string>) => {
          const { server } = serverEvent.parse(JSON.parse(message.data));
          updateCachedData(() => server);
          dispatch(api.util.invalidateTags(['Timeline']));
          dispatch(
            subscriptions.util.updateQueryData('servers', undefined, (list) =>
              list.map((known) => (known.id === server.id ? server : known)),
            ),
          );
        });
        await cacheEntryRemoved;
        events.close();
      },
    }),
  }),
});

/** The plans on offer, of what the site offers and how it is paid. */
export function usePlansQuery() {
  const { data, ...rest } = subscriptions.useOfferQuery();
  return { ...rest, data: data?.items };
}

export const {
  useOfferQuery,
  useUsageQuery,
  useSubscriptionsQuery,
  useSubscribeMutation,
  useServersQuery,
  useLazyServersQuery,
  useServerTimelineQuery,
  useTimelineQuery,
} = subscriptions;
