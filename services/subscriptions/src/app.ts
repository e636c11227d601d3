import {
  billingOperatorApi,
  feedApi,
  placementApi,
  subscriptionsApi,
  subscriptionsInternalApi,
} from '@ptsdly/contract';
import { type AppOptions, admit, type Caller, createApp, eventStream, type Feed, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { Billing } from './billing/billing.ts';
import { entryOf, listEntries, listRefundsDue } from './billing/entries.ts';
import type { Changes } from './changes.ts';
import type { Host } from './hosts/host.ts';
import { keyedRequest } from './idempotency.ts';
import { addressOf, locate } from './location.ts';
import type { Meters } from './meters.ts';
import type { Placements } from './placements.ts';
import type { Servers } from './servers.ts';
import type { Subscriptions } from './subscriptions.ts';
import { readTimeline } from './timeline.ts';

export interface AppParts {
  readonly subscriptions: Subscriptions;
  readonly billing: Billing;
  readonly meters: Meters;
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
  mountWebhook(app, parts);
  return app;
}

function mountSubscriptions(
  app: Hono,
  { subscriptions, servers, billing, meters }: AppParts,
  options: AppOptions,
): void {
  mount(
    app,
    subscriptionsApi,
    {
      plans: () => ({
        items: billing.plans.items.filter(({ offered }) => offered),
        payments: billing.payments.name,
        ways: [...billing.payments.ways],
      }),
      subscribe: ({ caller, body, request }) =>
        subscriptions.subscribe(caller.sub, body, keyedRequest(caller.sub, request.headers, body)),
      listSubscriptions: async ({ caller }) => ({ items: await subscriptions.list(caller.sub) }),
      getSubscription: ({ caller, params }) => subscriptions.get(caller.sub, params.id),
      previewChange: ({ caller, params }) => subscriptions.preview(caller.sub, params.id, params.planId),
      changePlan: ({ caller, params, body }) =>
        subscriptions.changePlan(caller.sub, params.id, body.planId, body.previewedAt),
      cancel: ({ caller, params, query }) => subscriptions.cancel(caller.sub, params.id, query.when),
      resume: ({ caller, params }) => subscriptions.resume(caller.sub, params.id),
      checkout: ({ caller, params, body }) => subscriptions.checkout(caller.sub, params.id, body.way),
      setMethod: ({ caller, params, body }) => subscriptions.setMethod(caller.sub, params.id, body.reference),
      pay: ({ caller, params }) => subscriptions.pay(caller.sub, params.id),
      exportData: ({ caller, params }) => subscriptions.exportData(caller.sub, params.id),
      listInvoices: async ({ caller, params }) => ({
        items: await subscriptions.invoices(caller.sub, params.id),
      }),
      listServers: async ({ caller, query }) => {
        const { items, nextCursor } = await servers.ofOwner(caller.sub, query);
        return { items: items.map((row) => servers.view(row)), nextCursor };
      },
      listRefunds: async () => ({ items: await listRefundsDue(servers.db) }),
      listAccountServers: async ({ query }) => {
        const { items, nextCursor } = await servers.ofOwner(query.ownerId, query);
        return { items: items.map((row) => servers.support(row)), nextCursor };
      },
      getServer: async ({ caller, params }) => servers.view(await servers.owned(params.id, caller.sub)),
      getTimeline: async ({ caller, params }) => {
        const { id } = await servers.owned(params.id, caller.sub);
        return { items: await readTimeline(servers.db, id) };
      },
      getUsage: async ({ caller, params }) => meters.usage(await servers.owned(params.id, caller.sub)),
    },
    options,
  );
}

function mountInternal(app: Hono, parts: AppParts, options: AppOptions): void {
  const { servers, placements, host, feed, billing } = parts;
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
  mount(
    app,
    billingOperatorApi,
    {
      refundsDue: async () => ({ items: await listRefundsDue(servers.db) }),
      subscriptionEntries: ({ query }) => listEntries(servers.db, query),
      suspend: async ({ params, body }) => entryOf(await billing.endings.suspend(params.id, body.reason)),
      unsuspend: async ({ params }) => entryOf(await billing.endings.suspend(params.id, null)),
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

/** `POST /api/payments/webhook`: the signature is over the very bytes, so nothing reads them before it is checked. */
function mountWebhook(app: Hono, { billing }: AppParts): void {
  app.post('/api/payments/webhook', async (context) => {
    await billing.methods.receive(context.req.raw.headers, await context.req.raw.text());
    return new Response(null, { status: 204 });
  });
}
