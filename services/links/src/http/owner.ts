import { type HandlerInput, type Link, linksApi, linkTransferApi } from '@ptsdly/contract';
import { type AppOptions, bearer, type Caller, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { Parts } from '../parts.ts';
import { type LinkRecord, stateOf, toLink } from '../sharing/link.ts';
import { importLinks } from '../transfer/import.ts';

type ListQuery = HandlerInput<typeof linksApi.listLinks>['query'];

const { openLink: _open, reportLink: _report, noteProgress: _progress, ...ownerApi } = linksApi;

/** An owner's links: made, listed, changed, ended, counted. */
export function mountOwner(app: Hono, parts: Parts, options: AppOptions): void {
  const { links, sharing, report } = parts;
  const shown = (link: LinkRecord) => linkShown(parts, link);
  const allShown = async (records: readonly LinkRecord[]) => ({
    items: await Promise.all(records.map(shown)),
  });
  mount(
    app,
    ownerApi,
    {
      createLink: async ({ body, caller, request }) =>
        shown(await sharing.share(body, sharer(caller, request))),
      createLinks: async ({ body, caller, request }) =>
        allShown(await sharing.shareWithEach(body, sharer(caller, request))),
      listLinks: async ({ query, caller }) => {
        const matches = matcher(parts, query);
        const { items, nextCursor } = await links.list({ ...query, matches, ownerId: caller.sub });
        return { ...(await allShown(items)), nextCursor };
      },
      videoStats: ({ query, caller }) => report.ofVideo(caller.sub, query.videoId, query.days),
      getLink: async ({ params, caller }) => shown(await links.find(caller.sub, params.id)),
      updateLink: async ({ params, body, caller, request }) =>
        shown(await sharing.change(sharer(caller, request), params.id, body)),
      revokeLink: async ({ params, caller }) => ({ stopped: await sharing.stop(caller.sub, params.id) }),
      revokeLinks: ({ query, caller }) => sharing.stopAll(caller.sub, query.videoId),
      revokeChosen: ({ body, caller }) => sharing.stopChosen(caller.sub, body.ids),
      linkStats: ({ params, query, caller }) => report.ofLink(caller.sub, params.id, query.days),
      eraseStats: ({ params, caller }) => report.erase(caller.sub, params.id).then(() => undefined),
    },
    options,
  );
  mount(
    app,
    linkTransferApi,
    { importLinks: ({ body, caller, request }) => importLinks(parts, body, sharer(caller, request)) },
    options,
  );
}

const sharer = ({ sub }: Caller, request: Request) => ({ sub, token: bearer(request.headers) ?? '' });

async function linkShown({ cards, baseUrl }: Parts, link: LinkRecord): Promise<Link> {
  const { card } = await cards.text(link.serverId, link.videoId);
  return toLink(link, baseUrl, card?.title ?? null);
}

/** Whether a link is one of those that are looked for; letters count in any case and any composition. */
function matcher({ cards }: Parts, { q, state }: ListQuery) {
  const wanted = q === undefined || q === '' ? undefined : folded(q);
  return async (link: LinkRecord): Promise<boolean> => {
    if (state !== undefined && stateOf(link, Date.now()) !== state) return false;
    if (wanted === undefined) return true;
    const own = [link.label, link.recipient, link.alias?.text, link.code];
    if (own.some((text) => text && folded(text).includes(wanted))) return true;
    const { card } = await cards.text(link.serverId, link.videoId);
    return card !== null && folded(card.title).includes(wanted);
  };
}

const folded = (text: string) => text.normalize('NFKC').toLowerCase();
