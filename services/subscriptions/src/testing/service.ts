import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Card,
  createClient,
  type Event,
  type EventData,
  type Fetch,
  feedApi,
  linksInternalApi,
  subscriptionsApi,
  subscriptionsInternalApi,
} from '@ptsdly/contract';
import { newDatabase } from '@ptsdly/db/testing';
import {
  Bell,
  createApp,
  createServiceTokens,
  Feed,
  type FeedQuery,
  issuers,
  Metrics,
  mount,
  type ServiceTokens,
  silentLog,
} from '@ptsdly/kit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { SubscriptionsOptions } from '../service.ts';

/** The stand-in media server, as a command. */
export const mediaCommand = [
  process.execPath,
  fileURLToPath(new URL('../hosts/process/stand-in.mjs', import.meta.url)),
];

const secret = new TextEncoder().encode('a key for tests only, 32 bytes or more');

export const tokensOf = (name: string): ServiceTokens => createServiceTokens(name, secret);

/** A folder with a short path, removed by `remove`. */
export function testFolder() {
  const path = mkdtempSync(join(tmpdir(), 'subs-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A peer that publishes events and keys, on the real kit. */
function peer(name: 'identity' | 'links', keys: unknown[]) {
  const events: Event[] = [];
  const bell = new Bell();
  const read = async (after: number, limit: number) =>
    events.filter(({ seq }) => seq > after).slice(0, limit);
  const feed = new Feed({ read }, bell);
  const cards = new Map<string, Card>();
  const metrics = new Metrics(name);
  const options = { audience: name, log: silentLog, metrics, services: tokensOf(name) };
  const app = createApp(options);
  let calls = 0;
  const waits: (string | undefined)[] = [];
  const onEvents = ({ query }: { query: FeedQuery }) => {
    if (query.wait > 0) waits.push(query.consumer);
    return feed.page(query);
  };
  mount(app, feedApi, { events: onEvents }, options);
  const { keys: keysEndpoint, putCard } = linksInternalApi;
  mount(
    app,
    { keys: keysEndpoint, putCard },
    {
      keys: () => {
        calls += 1;
        return { keys: keys as Record<string, unknown>[] };
      },
      putCard: ({ params, body }) => {
        cards.set(`${params.serverId}/${params.videoId}`, body);
        return undefined;
      },
    },
    options,
  );
  let away = false;
  return {
    fetch: async (request: Request) => {
      if (away) throw new Error('connection refused');
      return app.fetch(request);
    },
    publish(data: EventData) {
      events.push({ seq: events.length + 1, at: new Date().toISOString(), data });
      bell.ring();
    },
    cards,
    keyCalls: () => calls,
    /** Consumers that have asked to wait for news. */
    waits,
    setAway: (value: boolean) => {
      away = value;
    },
    close: () => feed.close(),
  };
}

/** Identity and links as the service sees them, and tokens as the gateway relays them. */
export async function openPeers() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' };
  const identity = peer('identity', [key]);
  const links = peer('links', [key]);
  const tokenOf = (userId: string, audience = 'subscriptions') =>
    new SignJWT({ role: 'user', scope: '', sid: `session-of-${userId}` })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
      .setIssuer(issuers.identity)
      .setSubject(userId)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(privateKey);
  return { identity, links, tokenOf };
}

export type Peers = Awaited<ReturnType<typeof openPeers>>;

export function testOptions(folder: string, peers: Peers): SubscriptionsOptions {
  return {
    databaseUrl: newDatabase(join(folder, 'subscriptions.db')),
    hostUrl: `process:${join(folder, 'servers')}`,
    runFolder: join(folder, 'run'),
    mediaCommand,
    log: silentLog,
    tokens: tokensOf('subscriptions'),
    identity: peers.identity,
    links: peers.links,
  };
}

/** A service as a user's app calls it, through any transport. */
export function callsOf(transport: { fetch: Fetch; baseUrl?: string }, peers: Peers) {
  const baseUrl = transport.baseUrl ?? 'http://service';
  const { fetch } = transport;
  const authorized = async (userId: string) => ({ authorization: `Bearer ${await peers.tokenOf(userId)}` });
  const service = async () => ({
    authorization: `Bearer ${await tokensOf('gateway').sign('subscriptions')}`,
  });
  return {
    as: (userId: string) =>
      createClient(subscriptionsApi, { fetch, baseUrl, headers: () => authorized(userId) }),
    anybody: createClient(subscriptionsApi, { fetch, baseUrl }),
    internal: createClient({ ...subscriptionsInternalApi, ...feedApi }, { fetch, baseUrl, headers: service }),
    events: async (userId: string, serverId: string, signal?: AbortSignal) =>
      fetch(
        new Request(`${baseUrl}/api/servers/${serverId}/events`, {
          headers: await authorized(userId),
          signal: signal ?? null,
        }),
      ),
  };
}
