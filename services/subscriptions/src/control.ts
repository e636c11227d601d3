import {
  type Card,
  controlApi,
  createClient,
  type FeedPage,
  feedApi,
  identityInternalApi,
  linksInternalApi,
  Problem,
} from '@ptsdly/contract';
import {
  type Address,
  answerProblem,
  type Feed,
  type FeedQuery,
  internalPeer,
  type Logger,
  type Metrics,
  mount,
  requestIdOf,
  type ServiceTokens,
} from '@ptsdly/kit';
import { Hono } from 'hono';
import { limitControl, usualRate } from './control-rate.ts';
import type { ControlService, KeyLender, ServedServer } from './hosts/host.ts';
import { importRoute } from './imports/import-route.ts';
import { Imports } from './imports/imports.ts';
import { cachedKeys } from './key-cache.ts';
import type { Meters } from './meters.ts';
import type { Servers } from './servers.ts';
import { mountTranscodes, type Transcoder } from './transcodes.ts';

export interface ControlOptions {
  readonly servers: Servers;
  /** Of this service. */
  readonly feed: Feed;
  readonly identity: Address;
  readonly links: Address;
  readonly tokens: ServiceTokens;
  readonly meters: Meters;
  readonly transcoder?: Transcoder | undefined;
  /** Who lends servers the keys of their storage. */
  readonly lender?: () => KeyLender | undefined;
  /** Has a server looked at soon. */
  readonly nudge: (serverId: string) => void;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where files from the internet come from; tests have a smaller world. */
  readonly imports?: Imports;
}

type FeedName = 'links' | 'identity' | 'subscriptions';
type Wait = (query: FeedQuery, signal: AbortSignal) => Promise<FeedPage>;

/**
 * What each media server is offered on its control socket, its only way out. The socket says which server
 * calls, so every answer is narrowed to it, whatever the request names.
 */
export function openControl(options: ControlOptions): (server: ServedServer) => ControlService {
  const { tokens, log } = options;
  const identityPeer = internalPeer('identity', options.identity, tokens);
  const linksPeer = internalPeer('links', options.links, tokens);
  const links = createClient(linksInternalApi, linksPeer);
  const identity = createClient(identityInternalApi, identityPeer);
  const keys = {
    identity: cachedKeys('identity', () => identity.keys({}), log),
    links: cachedKeys('links', () => links.keys({}), log),
  };
  const linksFeed = createClient(feedApi, linksPeer);
  const identityFeed = createClient(feedApi, identityPeer);
  const feeds: Record<FeedName, Wait> = {
    links: (query, signal) => linksFeed.events({ query }, { signal }),
    identity: (query, signal) => identityFeed.events({ query }, { signal }),
    subscriptions: (query) => options.feed.page(query),
  };
  const putCard = (serverId: string, videoId: string, card: Card) =>
    links.putCard({ params: { serverId, videoId }, body: card });
  const imports = options.imports ?? new Imports();
  return (server) => controlOf(server, { ...options, keys, feeds, putCard, imports });
}

interface Parts extends ControlOptions {
  readonly imports: Imports;
  readonly keys: Record<'identity' | 'links', ReturnType<typeof cachedKeys>>;
  readonly feeds: Record<FeedName, Wait>;
  readonly putCard: (serverId: string, videoId: string, card: Card) => Promise<unknown>;
}

/** A server follows three feeds, and may ask once more before an old wait is known to be over. */
const MOST_WAITS = 12;

/** A bare app: the metrics and health of the control plane are no business of a media server. */
function controlOf(server: ServedServer, parts: Parts): ControlService {
  const { serverId, ownerId } = server;
  const { servers, log } = parts;
  const stop = new AbortController();
  const take = limitControl(usualRate);
  const takeMeter = limitControl(usualRate);
  let waits = 0;
  const app = new Hono();
  app.notFound((context) => new Problem('not_found').toResponse(requestIdOf(context.req.raw)));
  app.onError((error, context) => answerProblem(error, log, requestIdOf(context.req.raw)));
  mount(
    app,
    controlApi,
    {
      jwks: ({ params }) => parts.keys[params.issuer](),
      reportUsage: async ({ body }) => {
        take();
        await servers.reportUsage(serverId, body.usedBytes);
        return undefined;
      },
      reportMeter: ({ body }) => {
        takeMeter();
        return parts.meters.report(serverId, body);
      },
      reportMove: async ({ body }) => {
        await servers.reportMove(serverId, body.left);
        return undefined;
      },
      putCard: async ({ params, body }) => {
        take();
        await parts.putCard(serverId, params.videoId, body);
        return undefined;
      },
      storageKeys: async () => {
        take();
        const lender = parts.lender?.();
        if (!lender) throw new Problem('not_found');
        return lender.lendKeys(serverId);
      },
      sleep: async ({ body }) => {
        take();
        await servers.sleep(serverId, body.nextDueAt === null ? null : Date.parse(body.nextDueAt));
        parts.nudge(serverId);
        return undefined;
      },
      videoDeleted: async ({ params }) => {
        take();
        await servers.videoDeleted(serverId, params.videoId);
        return undefined;
      },
      feed: async ({ params, query, request }) => {
        const narrowed = { ...query, serverId, consumer: `server:${serverId}` };
        const signal = AbortSignal.any([request.signal, stop.signal]);
        const nothing = { items: [], next: query.after === 'end' ? 0 : query.after, complete: false };
        if (waits >= MOST_WAITS) throw new Problem('rate_limited', { retryAfter: 1 });
        waits++;
        const waiting = unlessAborted(parts.feeds[params.feed](narrowed, signal), nothing, signal);
        const page = await waiting.finally(() => waits--);
        return { ...page, items: page.items.filter(({ data }) => concerns(data, ownerId)) };
      },
    },
    { audience: 'control', log, metrics: parts.metrics },
  );
  const share = () => parts.meters.transcodeShare(serverId);
  mountTranscodes(app, { server, transcoder: parts.transcoder, share, signal: stop.signal });
  return {
    fetch: async (request) => app.fetch(request),
    raw: importRoute(parts.imports, serverId, log),
    close: () => stop.abort(),
  };
}

/** What names a user is shown to that user's servers only. */
function concerns(data: FeedPage['items'][number]['data'], ownerId: string): boolean {
  if (data.type === 'letter.wanted') return false;
  const named = 'userId' in data ? data.userId : 'ownerId' in data ? data.ownerId : ownerId;
  return named === ownerId;
}

/** What `work` comes to, or `otherwise` when the caller or this server goes before that. */
async function unlessAborted<T>(work: Promise<T>, otherwise: T, signal: AbortSignal): Promise<T> {
  const gone = Promise.withResolvers<T>();
  const abort = () => gone.resolve(otherwise);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, gone.promise]);
  } catch (error) {
    if (signal.aborted) return otherwise;
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}
