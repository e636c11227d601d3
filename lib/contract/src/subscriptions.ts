import { z } from 'zod';
import { lentKeys } from './control.ts';
import { endpoint } from './endpoint.ts';
import { feedPage, feedQuery } from './events.ts';
import { bytes, id, idParams, page, pageQuery, seconds, timestamp } from './fields.ts';

export const serverState = z.enum([
  'requested',
  'provisioning',
  'starting',
  'ready',
  'asleep',
  'waking',
  'upgrading',
  'suspended',
  'failed',
  'deleting',
  'purged',
]);
export type ServerState = z.infer<typeof serverState>;

export const server = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  state: serverState,
  /** URL reference: `/m/<slug>`, or absolute where media has a domain of its own. */
  url: z.string(),
  usedBytes: bytes,
  quotaBytes: bytes,
  /** Why the server is `failed`, in words. */
  failure: z.string().nullable(),
  createdAt: timestamp,
  readyAt: timestamp.nullable(),
});
export type Server = z.infer<typeof server>;

/** One line of a server's timeline, as its event stream (SSE, `event: server`) carries it. */
export const serverEvent = z.object({
  at: timestamp,
  state: serverState,
  server,
});
export type ServerEvent = z.infer<typeof serverEvent>;

/**
 * Why a server is not as it should be. Ours to mend: `retry` (its host did not do it just now), `capacity` (no room),
 * `stop` (trying again cannot help), `crash` (it ends again and again). Its owner's: `unpaid`, `canceled`. `operator`:
 * suspended by hand.
 */
export const serverTrouble = z.enum(['retry', 'capacity', 'stop', 'crash', 'unpaid', 'canceled', 'operator']);
export type ServerTrouble = z.infer<typeof serverTrouble>;

/** What became of a server, and when. */
export const timelineEntry = z.object({
  id: z.string(),
  at: timestamp,
  state: serverState,
  trouble: serverTrouble.nullable(),
  /** How often that came of it, one time after the other. */
  tries: z.int().positive(),
  /** When it is tried again; null where it is not, or where its host sees to it. */
  retryAt: timestamp.nullable(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

/** What a plan limits, and how much of it is used. */
export const serverUsage = z.object({
  storage: z.object({ used: bytes, limit: bytes }),
  /** Bytes fetched by viewers and the owner since the month of the subscription began. */
  transfer: z.object({ used: bytes, limit: bytes, resetsAt: timestamp.nullable() }),
  viewers: z.object({ now: z.int().nonnegative(), limit: z.int().positive() }),
});
export type ServerUsage = z.infer<typeof serverUsage>;

export const serversApi = {
  listServers: endpoint({
    method: 'GET',
    path: '/api/servers',
    access: 'user',
    scope: 'servers:read',
    summary: 'My servers, newest first',
    query: pageQuery,
    response: page(server),
  }),
  listAccountServers: endpoint({
    method: 'GET',
    path: '/api/admin/servers',
    access: 'user',
    role: 'support',
    summary: 'The servers of an account, for support, newest first',
    query: pageQuery.extend({ ownerId: id }),
    response: page(server.omit({ name: true })),
  }),
  getServer: endpoint({
    method: 'GET',
    path: '/api/servers/:id',
    access: 'user',
    scope: 'servers:read',
    summary: 'One server',
    params: idParams,
    response: server,
    problems: ['not_found'],
  }),
  getTimeline: endpoint({
    method: 'GET',
    path: '/api/servers/:id/timeline',
    access: 'user',
    scope: 'servers:read',
    summary: 'What became of a server, newest first; its events say when to look again',
    params: idParams,
    response: z.object({ items: z.array(timelineEntry) }),
    problems: ['not_found'],
  }),
  getUsage: endpoint({
    method: 'GET',
    path: '/api/servers/:id/usage',
    access: 'user',
    scope: 'servers:read',
    summary: 'What the plan of a server limits, and how much of it is used',
    params: idParams,
    response: serverUsage,
    problems: ['not_found'],
  }),
} as const;

/** Where a server is reached and who owns it; only for services of the platform. */
export const serverAddress = z.object({
  id: z.string(),
  slug: z.string(),
  ownerId: z.string(),
  state: serverState,
  /** `unix:/path/to.sock` or `http://host:port`; null while there is none. */
  address: z.string().nullable(),
  /** Folder of its objects on the machine of its host, where all of them lie there as plain files. */
  objects: z.string().optional(),
});
export type ServerAddress = z.infer<typeof serverAddress>;

/** What a preview of a shared video shows. The poster is a JPEG. */
export const card = z.object({
  title: z.string().max(300),
  duration: seconds.nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  posterBase64: z.base64().max(600_000).nullable(),
  /** It lies in the trash: its links open for nobody until it comes back. */
  trashed: z.boolean().optional(),
});
export type Card = z.infer<typeof card>;

export const subscriptionsInternalApi = {
  serverById: endpoint({
    method: 'GET',
    path: '/internal/servers/:id',
    access: 'internal',
    summary: 'Where a server is reached, by id',
    params: idParams,
    response: serverAddress,
    problems: ['not_found'],
  }),
  serverBySlug: endpoint({
    method: 'GET',
    path: '/internal/servers/by-slug/:slug',
    access: 'internal',
    summary: 'Where a server is reached, by slug',
    params: z.object({ slug: id }),
    query: z.object({
      /** Wake it if it sleeps. */
      wake: z.enum(['yes']).optional(),
      /** Seconds to wait for one that is on its way; what it is by then is answered. */
      wait: z.coerce.number().min(0).max(10).default(0),
    }),
    response: serverAddress,
    problems: ['not_found'],
  }),
} as const;

/** What a server's plan and billing leave it, as of now. */
export const allowance = z.object({
  /** `export`: the subscription has ended, and its owner may download and nothing else. */
  mode: z.enum(['full', 'export']),
  /** Bytes of this month; less than nothing when more was sent than known. */
  transferLeft: z.int(),
  concurrentViewers: z.int().positive(),
});
export type Allowance = z.infer<typeof allowance>;

/**
 * What a host offers a media server on its private control socket; the only way out of a media server.
 * The caller is known by the socket, so no token is needed and nothing names the server. Over the network the
 * token of the server says it instead (`controlToken` of its configuration).
 */
export const controlApi = {
  jwks: endpoint({
    method: 'GET',
    path: '/jwks/:issuer',
    access: 'open',
    summary: 'The public keys of an issuer (RFC 7517)',
    params: z.object({ issuer: z.enum(['identity', 'links']) }),
    response: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
  reportUsage: endpoint({
    method: 'PUT',
    path: '/usage',
    access: 'open',
    summary: 'Bytes stored by this server',
    body: z.object({ usedBytes: bytes }),
  }),
  reportMeter: endpoint({
    method: 'PUT',
    path: '/meter',
    access: 'open',
    summary: 'What this server has sent and to how many; answers what it may',
    body: z.object({
      /** Names this run of the server: `sentBytes` begins at 0 with each. */
      run: z.string().max(64),
      sentBytes: bytes,
      viewers: z.int().nonnegative().max(1_000_000),
    }),
    response: allowance,
  }),
  reportMove: endpoint({
    method: 'PUT',
    path: '/move',
    access: 'open',
    summary: 'Objects that are not yet where they belong',
    body: z.object({ left: z.int().nonnegative() }),
  }),
  putCard: endpoint({
    method: 'PUT',
    path: '/cards/:videoId',
    access: 'open',
    summary: 'What a preview of this video shows',
    params: z.object({ videoId: id }),
    body: card,
    maxBody: 1_000_000,
  }),
  videoDeleted: endpoint({
    method: 'DELETE',
    path: '/videos/:videoId',
    access: 'open',
    summary: 'This video is gone: its links end',
    params: z.object({ videoId: id }),
  }),
  /** Nobody uses this server: it may be stopped until somebody does, or until `nextDueAt`. */
  sleep: endpoint({
    method: 'PUT',
    path: '/sleep',
    access: 'open',
    summary: 'This server is idle and asks to sleep',
    body: z.object({ nextDueAt: timestamp.nullable() }),
    problems: ['conflict'],
  }),
  /** For a server whose configuration says that its keys are lent; asked for again before they expire. */
  storageKeys: endpoint({
    method: 'GET',
    path: '/storage-keys',
    access: 'open',
    summary: 'Keys for the storage of this server, for a while',
    response: lentKeys,
    problems: ['not_found', 'unavailable'],
  }),
  /** `follow` with the base URL `<control>/feeds/<feed>`. The host sets `serverId` and `consumer` itself. */
  feed: endpoint({
    method: 'GET',
    path: '/feeds/:feed/internal/events',
    access: 'open',
    summary: 'What a service publishes that concerns this server; waits for news',
    params: z.object({ feed: z.enum(['links', 'identity', 'subscriptions']) }),
    query: feedQuery,
    response: feedPage,
    problems: ['unavailable'],
  }),
} as const;
