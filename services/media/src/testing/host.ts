import type { ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  type Allowance,
  type Card,
  controlApi,
  type Event,
  type EventData,
  type ImportOrder,
  importOrder,
  Problem,
} from '@ptsdly/contract';
import { Bell, createApp, Feed, issuers, Metrics, mount, newId, type Service, silentLog } from '@ptsdly/kit';
import type { Broker } from '@ptsdly/transcoder';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { openLocalBroker, serveTranscodes } from './transcoder.ts';

const FEEDS = ['links', 'identity', 'subscriptions'] as const;
type FeedName = (typeof FEEDS)[number];

export interface MeterReport {
  readonly run: string;
  readonly sentBytes: number;
  readonly viewers: number;
}

/** A stand-in for the host of a media server: real keys, real feeds, and a memory of what it was told. */
export interface StandInHost extends Service {
  /** A token of identity; the owner's where nothing else is said. */
  token(claims?: Record<string, unknown>): Promise<string>;
  grant(claims: Record<string, unknown>, options?: { expiresIn?: string; forged?: boolean }): Promise<string>;
  publish(feed: FeedName, data: EventData): void;
  /** Answers `POST /imports`. */
  onImport: (order: ImportOrder, response: ServerResponse) => void;
  /** Refuses all calls while true. */
  away: boolean;
  readonly usage: number[];
  /** What it has sent and to how many, each time it told. */
  readonly meters: MeterReport[];
  /** What it is answered then. */
  readonly allowed: { -readonly [K in keyof Allowance]: Allowance[K] };
  /** Objects left to move, as they were told. */
  readonly moves: number[];
  readonly cards: Map<string, Card>;
  readonly deleted: string[];
  /** What it said was due next, each time it asked to sleep. */
  readonly sleeps: (string | null)[];
}

export interface HostOptions {
  readonly serverId: string;
  readonly ownerId: string;
  /** The server's folder, where the host transcodes. */
  readonly folder?: string;
  /** The ffmpeg command; the machine's own when absent. */
  readonly ffmpeg?: string | undefined;
}

export async function createHost({ serverId, ownerId, folder, ffmpeg }: HostOptions): Promise<StandInHost> {
  const feeds = Object.fromEntries(FEEDS.map((name) => [name, memoryFeed()])) as Record<
    FeedName,
    ReturnType<typeof memoryFeed>
  >;
  const keys = { identity: await signingKey(), links: await signingKey(), stranger: await signingKey() };
  const usage: number[] = [];
  const moves: number[] = [];
  const meters: MeterReport[] = [];
  const allowed: Allowance = { mode: 'full', transferLeft: 1e12, concurrentViewers: 100 };
  const cards = new Map<string, Card>();
  const deleted: string[] = [];
  const sleeps: (string | null)[] = [];
  const metrics = new Metrics('host');
  const options = { audience: 'host', log: silentLog, metrics };
  const app = createApp(options);
  mount(
    app,
    controlApi,
    {
      jwks: ({ params }) => ({ keys: [keys[params.issuer].jwk] }),
      reportUsage: ({ body }) => void usage.push(body.usedBytes),
      reportMeter: ({ body }) => {
        meters.push(body);
        return { ...allowed };
      },
      reportMove: ({ body }) => void moves.push(body.left),
      putCard: ({ params, body }) => void cards.set(params.videoId, body),
      videoDeleted: ({ params }) => void deleted.push(params.videoId),
      storageKeys: () => {
        throw new Problem('not_found');
      },
      sleep: ({ body }) => void sleeps.push(body.nextDueAt),
      feed: ({ params, query }) => feeds[params.feed].feed.page(query),
    },
    options,
  );
  let broker: Broker | undefined;
  const open = (path: string) => {
    broker ??= openLocalBroker(path, ffmpeg);
    return broker;
  };
  if (folder !== undefined) serveTranscodes(app, () => open(folder), folder);
  const sign = (key: Awaited<ReturnType<typeof signingKey>>, payload: JWTPayload, expiresIn: string) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', kid: key.jwk.kid })
      .setIssuedAt()
      .setExpirationTime(expiresIn)
      .sign(key.privateKey);
  const host: StandInHost = {
    name: 'host',
    onImport: (_, response) => response.destroy(),
    raw(request, response) {
      if (request.url !== '/imports') return false;
      void json(request).then((order) => host.onImport(importOrder.parse(order), response));
      return true;
    },
    away: false,
    usage,
    meters,
    allowed,
    moves,
    cards,
    deleted,
    sleeps,
    fetch: async (request) => (host.away ? new Problem('unavailable').toResponse() : app.fetch(request)),
    token(claims = {}) {
      const own = { iss: issuers.identity, aud: `server:${serverId}`, sub: ownerId, role: 'user', scope: '' };
      return sign(keys.identity, { ...own, sid: 'sid-1', ...claims }, '60s');
    },
    grant(claims, { expiresIn = '60s', forged = false } = {}) {
      const own = { iss: issuers.links, aud: `server:${serverId}`, jti: newId(), linkId: 'link-1', epoch: 1 };
      const limits = { startAt: null, endAt: null, allowDownload: false, linkExp: null };
      const payload = { ...own, ...limits, ...claims };
      return sign(forged ? { ...keys.stranger, jwk: keys.links.jwk } : keys.links, payload, expiresIn);
    },
    publish: (feed, data) => feeds[feed].publish(data),
    async close() {
      for (const { feed } of Object.values(feeds)) feed.close();
      await broker?.close();
    },
  };
  return host;
}

async function signingKey() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: newId(), alg: 'EdDSA', use: 'sig' };
  return { privateKey, jwk };
}

function memoryFeed() {
  const events: Event[] = [];
  const bell = new Bell();
  const read = async (after: number, limit: number) =>
    events.filter(({ seq }) => seq > after).slice(0, limit);
  return {
    feed: new Feed({ read }, bell),
    publish(data: EventData) {
      events.push({ seq: events.length + 1, at: new Date().toISOString(), data });
      bell.ring();
    },
  };
}
