import { feedApi, placementApi, subscriptionsApi, subscriptionsInternalApi } from '@ptsdly/contract';
import { type AppOptions, admit, type Caller, createApp, eventStream, type Feed, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { Changes } from './changes.ts';
import type { Host } from './hosts/host.ts';
import { keyedRequest } from './idempotency.ts';
import { addressOf, locate } from './location.ts';
import type { Placements } from './placements.ts';
import { plans } from './plans.ts';
import type { Servers } from './servers.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface AppParts {
  readonly subscriptions: Subscriptions;
  readonly servers: Servers;
  readonly placements: Placements;
  readonly host: Host;
  readonly changes: Changes;
  readonly feed: Feed;
  readonly nudge: (serverId: string) => void;
}

export function subscriptionsApp(parts: AppParts, options: AppOptions): Hono {
  const app = createApp(options);
  mountSubscriptions(app, parts, options);
  mountInternal(app, parts, options);
  mountEvents(app, parts, options);
  return app;
}

function mountSubscriptions(app: Hono, { subscriptions, servers }: AppParts, options: AppOptions): void {
  mount(
    app,
    subscriptionsApi,
    {
      plans: () => ({ items: [...plans] }),
      subscribe: ({ caller, body, request }) =>
        subscriptions.subscribe(caller.sub, body, keyedRequest(caller.sub, request.headers, body)),
      listSubscriptions: async ({ caller }) => ({ items: await subscriptions.list(caller.sub) }),
      getSubscription: ({ caller, params }) => subscriptions.get(caller.sub, params.id),
      changePlan: ({ caller, params, body }) => subscriptions.changePlan(caller.sub, params.id, body.planId),
      cancel: ({ caller, params }) => subscriptions.cancel(caller.sub, params.id),
      listServers: async ({ caller }) => {
        const rows = await servers.ofOwner(caller.sub);
        return { items: rows.map((row) => servers.view(row)) };
      },
      getServer: async ({ caller, params }) => servers.view(await servers.owned(params.id, caller.sub)),
    },
    options,
  );
}

function mountInternal(app: Hono, parts: AppParts, options: AppOptions): void {
  const { servers, placements, host, feed } = parts;
  mount(
    app,
    subscriptionsInternalApi,
    {
      serverById: async ({ params }) => addressOf(await servers.byId(params.id), host),
      serverBySlug: ({ params, query }) => locate(params.slug, query, parts),
    },
    options,
  );
  mount(
    app,
    placementApi,
    {
      placements: async () => ({ items: await placements.list() }),
      moveServer: ({ params, body }) => placements.move(params.id, body.to),
    },
    options,
  );
  mount(app, feedApi, { events: ({ query }) => feed.page(query) }, options);
}

/** `GET /api/servers/:id/events`: the state now, then each change (server-sent events). */
function mountEvents(app: Hono, { servers, changes }: AppParts, options: AppOptions): void {
  app.get('/api/servers/:id/events', async (context) => {
    const request = context.req.raw;
    const caller = (await admit(request.headers, 'user', options, 'servers:read')) as Caller;
    const { id } = await servers.owned(context.req.param('id'), caller.sub);
    const current = async () => servers.event(await servers.byId(id));
    return eventStream(changes.stream(id, current), request.signal);
  });
}
