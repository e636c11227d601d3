import { feedApi, linksInternalApi, linksStoreApi, moderationApi, reportsApi } from '@ptsdly/contract';
import { type AppOptions, createApp, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import { mountFiles } from './http/files.ts';
import { mountOwner } from './http/owner.ts';
import { mountVisitor } from './http/visitor.ts';
import { mountWebhooks } from './http/webhooks.ts';
import type { Parts } from './parts.ts';

export function linksApp(parts: Parts, options: AppOptions): Hono {
  const app = createApp(options);
  mountFiles(app, parts, options); // before `/api/links/:id`, which would take `export` for an id
  mountOwner(app, parts, options);
  mountWebhooks(app, parts, options);
  mountVisitor(app, parts, options);
  mountInternal(app, parts, options);
  mountAdmin(app, parts, options);
  mountOperator(app, parts, options);
  return app;
}

function mountInternal(app: Hono, { previews, cards, grants, feed }: Parts, options: AppOptions): void {
  mount(
    app,
    linksInternalApi,
    {
      preview: ({ params }) => previews.of(params.code),
      putCard: async ({ params, body }) => {
        await cards.put(params.serverId, params.videoId, body);
        return undefined;
      },
      keys: () => grants.jwks(),
    },
    options,
  );
  mount(app, feedApi, { events: ({ query }) => feed.page(query) }, options);
}

function mountOperator(app: Hono, { moderation, backUp }: Parts, options: AppOptions): void {
  mount(
    app,
    moderationApi,
    {
      reports: ({ query }) => moderation.reports(query),
      takeDown: ({ params, body }) => done(moderation.takeDown(params.code, { ...body, by: OPERATOR })),
      restore: ({ params, body }) => done(moderation.restore(params.code, { ...body, by: OPERATOR })),
      dismissReports: ({ params, body }) => done(moderation.dismiss(params.code, { ...body, by: OPERATOR })),
      audit: ({ query }) => moderation.audit(query),
    },
    options,
  );
  mount(app, linksStoreApi, { backUp: ({ body }) => done(backUp(body.folder)) }, options);
}

/** People with a role: who they are stands in the audit. */
function mountAdmin(app: Hono, { moderation }: Parts, options: AppOptions): void {
  mount(
    app,
    reportsApi,
    {
      listReports: ({ query }) => moderation.reports(query),
      takeDownLink: ({ params, body, caller }) =>
        done(moderation.takeDown(params.code, { ...body, by: caller.sub })),
      restoreLink: ({ params, body, caller }) =>
        done(moderation.restore(params.code, { ...body, by: caller.sub })),
      listTakenDown: ({ query }) => moderation.takenDown(query),
      dismissLinkReports: ({ params, body, caller }) =>
        done(moderation.dismiss(params.code, { ...body, by: caller.sub })),
      listDecisions: ({ query }) => moderation.audit(query),
    },
    options,
  );
}

/** Who holds the service key has no account. */
const OPERATOR = 'operator';

const done = (work: Promise<void>) => work.then(() => undefined);
