import { feedApi, linksApi, linksInternalApi, moderationApi, Problem } from '@ptsdly/contract';
import { type AppOptions, bearer, createApp, type Feed, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { Cards } from './cards/cards.ts';
import type { Previews } from './cards/preview.ts';
import type { Clicks } from './clicks/clicks.ts';
import { qrSvg } from './codes/qr.ts';
import type { Moderation } from './moderation/moderation.ts';
import type { Grants } from './opening/grant.ts';
import { type Opening, visitorOf } from './opening/opening.ts';
import type { Viewers } from './opening/viewer.ts';
import { iso, toLink } from './sharing/link.ts';
import type { Links } from './sharing/links.ts';
import type { Sharing } from './sharing/sharing.ts';
import type { Statistics } from './statistics/statistics.ts';

/** What the HTTP surface calls. */
export interface Parts {
  readonly baseUrl: string;
  readonly links: Links;
  readonly sharing: Sharing;
  readonly opening: Opening;
  readonly viewers: Viewers;
  readonly grants: Grants;
  readonly clicks: Clicks;
  readonly cards: Cards;
  readonly previews: Previews;
  readonly feed: Feed;
  readonly moderation: Moderation;
  readonly statistics: Statistics;
}

const QR_HEADERS = {
  'content-type': 'image/svg+xml',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
};
const POSTER_HEADERS = {
  'content-type': 'image/jpeg',
  'cache-control': 'public, max-age=300',
  'x-content-type-options': 'nosniff',
};

export function linksApp(parts: Parts, options: AppOptions): Hono {
  const app = createApp(options);
  mountOwner(app, parts, options);
  mountInternal(app, parts, options);
  app.get('/watch/:code/card.jpg', async (context) => {
    const poster = await parts.previews.poster(context.req.param('code'));
    if (!poster) throw new Problem('not_found');
    return new Response(new Uint8Array(poster), { headers: POSTER_HEADERS });
  });
  app.get('/api/links/:code/qr.svg', async (context) => {
    const url = await parts.opening.urlOf(context.req.param('code'), parts.baseUrl);
    return new Response(qrSvg(url), { headers: QR_HEADERS });
  });
  return app;
}

function mountOwner(app: Hono, parts: Parts, options: AppOptions): void {
  const { baseUrl, links, sharing, clicks, moderation, statistics } = parts;
  mount(
    app,
    linksApi,
    {
      createLink: async ({ body, caller, request }) =>
        toLink(await sharing.share(body, { sub: caller.sub, token: bearer(request.headers) ?? '' }), baseUrl),
      listLinks: async ({ query, caller }) => {
        const { items, nextCursor } = await links.list({ ...query, ownerId: caller.sub });
        return { items: items.map((link) => toLink(link, baseUrl)), nextCursor };
      },
      getLink: async ({ params, caller }) => toLink(await links.find(caller.sub, params.id), baseUrl),
      updateLink: async ({ params, body, caller }) =>
        toLink(await sharing.change(caller.sub, params.id, body), baseUrl),
      revokeLink: async ({ params, caller }) => ({ stopped: await sharing.stop(caller.sub, params.id) }),
      revokeLinks: ({ query, caller }) => sharing.stopAll(caller.sub, query.videoId),
      linkStats: async ({ params, query, caller }) => {
        const { id, views, lastOpenedAt } = await links.find(caller.sub, params.id);
        const known = await statistics.of(id, query.days, Date.now());
        return { ...(await clicks.of(id)), ...known, views, lastOpenedAt: iso(lastOpenedAt) };
      },
      openLink: async ({ params, body, request, headers }) =>
        open(parts, params.code, visitorOf(request.headers, body.password), headers),
      reportLink: ({ params, body }) => done(moderation.report(params.code, body)),
    },
    options,
  );
}

async function open(
  { opening, viewers, grants }: Parts,
  code: string,
  visitor: ReturnType<typeof visitorOf>,
  headers: Headers,
) {
  const { link, viewTaken } = await opening.open(code, visitor);
  const now = Date.now();
  if (viewTaken) headers.append('set-cookie', viewers.setCookie(link, code, now));
  const { videoId, startAt, endAt, allowDownload } = link;
  const grant = await grants.sign(link, now);
  return { grant, serverUrl: `/m/${link.slug}`, videoId, startAt, endAt, allowDownload };
}

function mountInternal(app: Hono, parts: Parts, options: AppOptions): void {
  const { previews, cards, grants, feed } = parts;
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
  mountOperator(app, parts, options);
  mount(app, feedApi, { events: ({ query }) => feed.page(query) }, options);
}

function mountOperator(app: Hono, { moderation }: Parts, options: AppOptions): void {
  mount(
    app,
    moderationApi,
    {
      reports: ({ query }) => moderation.reports(query),
      takeDown: ({ params, body }) => done(moderation.takeDown(params.code, body.note)),
      restore: ({ params, body }) => done(moderation.restore(params.code, body.note)),
      dismissReports: ({ params, body }) => done(moderation.dismiss(params.code, body.note)),
      audit: ({ query }) => moderation.audit(query),
    },
    options,
  );
}

const done = (work: Promise<void>) => work.then(() => undefined);
