import { type Plan, type Server, type Subscription, serverEvent, subscriptionsApi } from '@ptsdly/contract';
import { api } from './api.ts';
import { request } from './request.ts';

interface Subscribe {
  readonly planId: string;
  readonly serverName: string;
  /** One for an attempt, however often it is sent. */
  readonly idempotencyKey: string;
}

const subscriptions = api.injectEndpoints({
  endpoints: (build) => ({
    plans: build.query<readonly Plan[], void>({
      query: () => request(subscriptionsApi.plans, {}),
      transformResponse: (page: { items: Plan[] }) => page.items,
      keepUnusedDataFor: 600,
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
    changePlan: build.mutation<Subscription, { readonly id: string; readonly planId: string }>({
      query: ({ id, planId }) => request(subscriptionsApi.changePlan, { params: { id }, body: { planId } }),
      invalidatesTags: (_, error) => (error ? [] : ['Servers', 'Subscriptions']),
    }),
    servers: build.query<readonly Server[], void>({
      query: () => request(subscriptionsApi.listServers, {}),
      transformResponse: (page: { items: Server[] }) => page.items,
      providesTags: ['Servers'],
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

export const {
  usePlansQuery,
  useSubscriptionsQuery,
  useSubscribeMutation,
  useChangePlanMutation,
  useServersQuery,
  useLazyServersQuery,
  useServerTimelineQuery,
} = subscriptions;
