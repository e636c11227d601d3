import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  type Event,
  type EventData,
  type Fetch,
  feedApi,
  identityInternalApi,
  linksApi,
  linksInternalApi,
  linksStoreApi,
  linkTransferApi,
  mediaApi,
  moderationApi,
  Problem,
  reportsApi,
  type ServerAddress,
  subscriptionsInternalApi,
  type Video,
  webhooksApi,
} from '@ptsdly/contract';
import {
  type AppOptions,
  Bell,
  createApp,
  createServiceTokens,
  createVerifier,
  Feed,
  internalPeer,
  issuers,
  type Listener,
  type Logger,
  listen,
  Metrics,
  mount,
  type Outbox,
  reach,
  type Service,
  silentLog,
} from '@ptsdly/kit';
import { decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { openLinks } from '../service.ts';

/** Small services that speak the contract, for the tests of this one. */

export const tokens = createServiceTokens('test', Buffer.alloc(32, 7));

/** A peer's feed that a test writes to. */
export class WrittenFeed implements Outbox {
  readonly #events: Event[] = [];
  readonly #bell = new Bell();
  readonly feed = new Feed(this, this.#bell);

  publish(data: EventData): void {
    this.#events.push({ seq: this.#events.length + 1, at: new Date().toISOString(), data });
    this.#bell.ring();
  }

  async read(after: number, limit: number): Promise<Event[]> {
    return this.#events.slice(after, after + limit);
  }
}

const options = (audience: string): AppOptions => ({
  audience,
  log: silentLog,
  metrics: new Metrics(audience),
  services: tokens,
});

export async function identityStandIn() {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const sign = (userId: string, audience: string, role = 'user') =>
    new SignJWT({ role, scope: '', sid: `session-of-${userId}` })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
      .setSubject(userId)
      .setIssuer(issuers.identity)
      .setAudience(audience)
      .setExpirationTime('60s')
      .sign(privateKey);
  const written = new WrittenFeed();
  const app = createApp(options('identity'));
  const issueToken = async (body: { audience: string; subjectToken?: string | undefined }) => {
    const { payload } = await jwtVerify(body.subjectToken ?? '', publicKey, {
      issuer: issuers.identity,
    }).catch(() => {
      throw new Problem('unauthenticated');
    });
    const sub = payload.sub as string;
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    return { token: await sign(sub, body.audience), expiresAt, sub, sid: `session-of-${sub}` };
  };
  const keys = async () => ({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'EdDSA' }] });
  mount(app, identityInternalApi, { issueToken: ({ body }) => issueToken(body), keys }, options('identity'));
  mount(app, feedApi, { events: ({ query }) => written.feed.page(query) }, options('identity'));
  return { fetch: async (request: Request) => app.fetch(request), sign, keys, written };
}

export function subscriptionsStandIn() {
  const servers = new Map<string, ServerAddress>();
  const written = new WrittenFeed();
  const app = createApp(options('subscriptions'));
  const find = (matches: (server: ServerAddress) => boolean) => {
    const server = [...servers.values()].find(matches);
    if (!server) throw new Problem('not_found');
    return server;
  };
  const handlers = {
    serverById: ({ params }: { params: { id: string } }) => find(({ id }) => id === params.id),
    serverBySlug: ({ params }: { params: { slug: string } }) => find(({ slug }) => slug === params.slug),
  };
  mount(app, subscriptionsInternalApi, handlers, options('subscriptions'));
  mount(app, feedApi, { events: ({ query }) => written.feed.page(query) }, options('subscriptions'));
  return { fetch: async (request: Request) => app.fetch(request), servers, written };
}

/** A media server that knows some videos of one owner and asks for its owner's token. */
export async function mediaStandIn(
  server: { id: string; slug: string; ownerId: string },
  keys: () => Promise<{ keys: unknown[] }>,
) {
  const videos = new Map<string, Video>();
  const appOptions = { ...options(`server:${server.id}`), callers: createVerifier(issuers.identity, keys) };
  const app = createApp(appOptions);
  const getVideo = async ({ params, caller }: { params: { id: string }; caller: { sub: string } }) => {
    const video = videos.get(params.id);
    if (!video || caller.sub !== server.ownerId) throw new Problem('not_found');
    return video;
  };
  mount(app, { getVideo: mediaApi.getVideo }, { getVideo }, appOptions);
  const prefix = `/m/${server.slug}`;
  const fetch: Fetch = async (request) => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith(prefix)) return new Problem('not_found').toResponse();
    url.pathname = url.pathname.slice(prefix.length);
    if (url.pathname.endsWith('/frame')) return frameAnswer(request, server.id);
    return app.fetch(new Request(url, request));
  };
  return { videos, listener: await listen({ fetch }, {}) };
}

/** The picture that a token of links names, and no other. */
function frameAnswer(request: Request, serverId: string): Response {
  const { pathname, searchParams } = new URL(request.url);
  const at = Number(searchParams.get('at'));
  const {
    iss,
    aud,
    frameAt: allowed,
    videoId,
  } = decodeJwt((request.headers.get('authorization') ?? '').slice('Bearer '.length));
  const isAllowed = allowed === at && pathname.endsWith(`/videos/${videoId}/frame`);
  if (iss !== issuers.links || aud !== `server:${serverId}` || !isAllowed)
    return new Problem('unauthenticated').toResponse();
  return new Response(new Uint8Array(frameAt(at)));
}

/** A JPEG as far as anybody looks; the stand-in's picture at a moment. */
export const frameAt = (at: number) => Buffer.from([0xff, 0xd8, 0xff, 0xe0, at, 0xff, 0xd9]);

export function videoNamed(id: string, title: string): Video {
  return {
    id,
    title,
    fileName: `${title}.mp4`,
    upload: 'complete',
    receivedBytes: 1000,
    sizeBytes: 1000,
    sha256: null,
    playable: true,
    playableUntil: null,
    processing: 'none',
    progress: null,
    jobs: [],
    failure: null,
    duration: 12.5,
    width: 1920,
    height: 1080,
    posterUrl: null,
    posterBy: null,
    storyboardUrl: null,
    createdAt: new Date().toISOString(),
    description: '',
    folderId: null,
    tags: [],
    favorite: false,
    trashedAt: null,
    resumeAt: null,
    playedAt: null,
  };
}

export interface NeighbourhoodOptions {
  readonly log?: Logger;
  readonly baseUrl?: string;
  /** A folder of its own where not given. */
  readonly kvUrl?: string;
  readonly countryDatabase?: string;
  readonly rateFactor?: number;
}

/** These media servers never say that they have stopped, but where a test does it for them. */
export const LEASE_SECONDS = 0.5;

/** The whole neighbourhood of one links service: two owners, one server each, one video each. */
export async function neighbourhood(options: NeighbourhoodOptions = {}) {
  const { log = silentLog, baseUrl = 'http://localhost:8080' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ptsdly-links-'));
  const identity = await identityStandIn();
  const subscriptions = subscriptionsStandIn();
  const media: Record<string, Awaited<ReturnType<typeof mediaStandIn>>> = {};
  for (const name of ['ann', 'ben']) {
    const server = { id: `server-of-${name}`, slug: `${name}-media`, ownerId: name };
    const stand = await mediaStandIn(server, identity.keys);
    stand.videos.set(`video-of-${name}`, videoNamed(`video-of-${name}`, `Film of ${name}`));
    subscriptions.servers.set(server.id, { ...server, state: 'ready', address: stand.listener.address });
    media[name] = stand;
  }
  const linksOptions = {
    kvUrl: options.kvUrl ?? `lmdb:${folder}/kv`,
    baseUrl,
    log,
    tokens,
    identity,
    subscriptions,
    countryDatabase: options.countryDatabase,
    rateFactor: options.rateFactor ?? 1,
    webhooksToPrivate: true,
    leaseSeconds: LEASE_SECONDS,
  };
  let service: Service = await openLinks(linksOptions);
  let listener: Listener | undefined;
  return {
    identity,
    subscriptions,
    media,
    linksOptions,
    get service() {
      return service;
    },
    /** The service over a real socket. */
    async socket(): Promise<string> {
      listener ??= await listen(service, {});
      return listener.address;
    },
    async restart(): Promise<void> {
      await listener?.close();
      listener = undefined;
      await service.close();
      service = await openLinks(linksOptions);
    },
    /** The public API as one user, or as nobody; of another service where one is given. */
    async as(user?: string, of?: Service, role?: string) {
      const token = user ? await identity.sign(user, 'links', role) : undefined;
      const headers = () => (token ? { authorization: `Bearer ${token}` } : ({} as Record<string, string>));
      const fetch: Fetch = (request) => (of ?? service).fetch(request);
      return createClient(
        { ...linksApi, ...linkTransferApi, ...webhooksApi, ...reportsApi },
        { ...reach({ fetch }), headers },
      );
    },
    internal: (of?: Service) =>
      createClient(
        { ...linksInternalApi, ...moderationApi, ...feedApi, ...linksStoreApi },
        internalPeer('links', { fetch: (request) => (of ?? service).fetch(request) }, tokens),
      ),
    async close(): Promise<void> {
      await listener?.close();
      await service.close();
      identity.written.feed.close();
      subscriptions.written.feed.close();
      for (const { listener: one } of Object.values(media)) await one.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Neighbourhood = Awaited<ReturnType<typeof neighbourhood>>;

/** A body for a link to a user's own video. */
export const targetOf = (name: string) => ({ serverId: `server-of-${name}`, videoId: `video-of-${name}` });

/** The code of the problem that a call rejects with. */
export async function problemOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return Problem.from(error).code;
  }
  return 'none';
}
