import { createClient, type EventData, identityInternalApi, linkLeaseSeconds } from '@ptsdly/contract';
import {
  type Address,
  Bell,
  createVerifier,
  Feed,
  follow,
  internalPeer,
  issuers,
  type Logger,
  Metrics,
  pruneRegularly,
  type Service,
  type ServiceTokens,
} from '@ptsdly/kit';
import { feedCursor, type Kv, openKv, pruneOutbox, readOutbox, sharedProgress } from '@ptsdly/kv';
import { linksApp } from './app.ts';
import { Cards } from './cards/cards.ts';
import { Previews } from './cards/preview.ts';
import { StartPosters } from './cards/start-posters.ts';
import { Clicks } from './clicks/clicks.ts';
import { keys } from './keys.ts';
import { Moderation } from './moderation/moderation.ts';
import { ALIASES, Attempts, LINK_PASSWORDS, PASSWORDS } from './opening/attempts.ts';
import { Grants } from './opening/grant.ts';
import { Opening } from './opening/opening.ts';
import { Viewers } from './opening/viewer.ts';
import type { Parts } from './parts.ts';
import { Misses } from './redirect/misses.ts';
import { Redirect } from './redirect/redirect.ts';
import { Endings } from './sharing/endings.ts';
import { Ledger } from './sharing/ledger.ts';
import { Links } from './sharing/links.ts';
import { watchOutbox } from './sharing/outbox-watch.ts';
import { Sharing } from './sharing/sharing.ts';
import { Videos } from './sharing/videos.ts';
import { openCountries } from './statistics/countries.ts';
import { Plays } from './statistics/plays.ts';
import { Referrals } from './statistics/referrals.ts';
import { Report } from './statistics/report.ts';
import { Statistics } from './statistics/statistics.ts';
import { answering, backUp } from './store.ts';
import { Courier } from './webhooks/courier.ts';
import { announce } from './webhooks/deliveries.ts';
import { ExpiryWatch } from './webhooks/expiry-watch.ts';
import { Webhooks } from './webhooks/webhooks.ts';

export interface LinksOptions {
  /** Where the links are kept: `lmdb:<folder>`, or `redis://…` for several processes. */
  readonly kvUrl: string;
  /** `PTSDLY_URL`, without a slash at the end; a link's URL is `<baseUrl>/<code>`. */
  readonly baseUrl: string;
  readonly log: Logger;
  readonly tokens: ServiceTokens;
  readonly identity: Address;
  readonly subscriptions: Address;
  /** Scales the limit of wrong codes; 0 switches it off, 1 where not given. */
  readonly rateFactor?: number;
  /** A MaxMind database of countries on this machine; without one no country is known. */
  readonly countryDatabase?: string | undefined;
  /** How long media servers show things without news, in seconds; the contract's where not given. */
  readonly leaseSeconds?: number;
  /** Whether webhooks may reach addresses that are not public. */
  readonly webhooksToPrivate?: boolean;
}

/**
 * Short URLs: makes, opens, counts and revokes them. Rejects when the store cannot be opened; peers that are away
 * do not matter here, their feeds are followed in the background.
 */
export async function openLinks(options: LinksOptions): Promise<Service> {
  const store = await openKv(options.kvUrl);
  try {
    return await compose(store, options);
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

/** Who must hear of everything here, however long they were away; a play session is over long before its links' news go. */
const HEARERS = ['identity'];

async function compose(store: Kv, options: LinksOptions): Promise<Service> {
  const kv = answering(store);
  const { log, tokens } = options;
  const baseUrl = options.baseUrl.replace(/\/$/, '');
  const metrics = new Metrics('links');
  const bell = new Bell();
  const feed = new Feed(readOutbox<EventData>(kv), bell, sharedProgress(kv, HEARERS));
  const pruning = pruneRegularly((before) => pruneOutbox(kv, before, HEARERS), log);
  const stopWatching = watchOutbox(store, bell);
  const ledger = new Ledger(kv, bell, announce);
  const clicks = await Clicks.open(kv, log, metrics);
  const referrals = new Referrals(kv, baseUrl, log);
  const statistics = new Statistics(kv, referrals, await openCountries(options.countryDatabase));
  const cards = new Cards(kv);
  const links = new Links(ledger);
  const grants = await Grants.open(kv);
  const videos = new Videos({ ...options, grants });
  const startPosters = new StartPosters(kv, videos, log);
  const viewers = await Viewers.open(kv, baseUrl.startsWith('https:'));
  const report = new Report(ledger, clicks, statistics);
  const attempts = {
    ofClient: new Attempts(kv, 'password', PASSWORDS),
    ofLink: new Attempts(kv, 'link-password', LINK_PASSWORDS),
  };
  const aliases = new Attempts(kv, 'alias', ALIASES);
  const { leaseSeconds = linkLeaseSeconds } = options;
  const reach = { allowPrivate: options.webhooksToPrivate ?? false };
  const webhooks = new Webhooks(kv, reach);
  const courier = new Courier(kv, webhooks, { ...reach, log, metrics });
  const expiries = new ExpiryWatch(ledger, log);
  const parts: Parts = {
    baseUrl,
    links,
    viewers,
    report,
    webhooks,
    courier,
    cards,
    startPosters,
    feed,
    sharing: new Sharing({ links, cards, startPosters, feed, videos, aliases, leaseSeconds }),
    opening: new Opening(ledger, viewers, attempts, statistics),
    plays: await Plays.open(kv),
    grants,
    previews: new Previews(ledger, cards, startPosters),
    moderation: new Moderation(ledger, cards),
    backUp: (folder) => backUp(store, folder),
  };
  const identity = createClient(identityInternalApi, internalPeer('identity', options.identity, tokens));
  const callers = createVerifier(issuers.identity, () => identity.keys({}));
  const ready = async () => {
    await kv.get(keys.grantKey);
  };
  const app = linksApp(parts, { audience: 'links', log, metrics, callers, services: tokens, ready });
  const misses = new Misses(kv, options.rateFactor);
  const redirect = new Redirect(store, { clicks, referrals, misses, log });
  const followers = followFeeds(new Endings(ledger, { cards, clicks, statistics, webhooks }), kv, options);
  return {
    name: 'links',
    fetch: async (request) => redirect.fetch(request) ?? app.fetch(request),
    raw: redirect.raw,
    answerHead: redirect.answerHead,
    async close() {
      stopWatching();
      feed.close();
      await pruning.close();
      report.close();
      await Promise.all(followers.map((follower) => follower.close()));
      await Promise.all([courier.close(), expiries.close(), startPosters.close()]);
      await Promise.all([attempts.ofClient, attempts.ofLink, aliases, misses].map((one) => one.close()));
      await Promise.all([clicks.close(), referrals.close(), statistics.close()]);
      await kv.close();
    },
  };
}

/** Deletions of accounts, servers and videos end links. */
function followFeeds(endings: Endings, kv: Kv, { log, tokens, identity, subscriptions }: LinksOptions) {
  return Object.entries({ identity, subscriptions }).map(([name, address]) =>
    follow({
      ...internalPeer(name, address, tokens),
      consumer: 'links',
      cursor: feedCursor(kv, name),
      apply: (event) => endings.apply(event),
      log,
    }),
  );
}
