import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { id, idParams, page, pageQuery, seconds, timestamp } from './fields.ts';
import { linkStats, statsQuery, videoStats } from './link-stats.ts';
import { card } from './subscriptions.ts';

/** An origin of another site: `https://example.org`, with its port where it is not the usual one. */
export const origin = z
  .string()
  .max(200)
  .regex(/^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/, 'expected https://host');

/** What a link may be given at its making and later. */
export const linkLimits = z.object({
  opensAt: timestamp.nullable().optional(),
  expiresAt: timestamp.nullable().optional(),
  maxViews: z.int().min(1).max(1_000_000).nullable().optional(),
  password: z.string().min(1).max(200).nullable().optional(),
  startAt: seconds.nullable().optional(),
  endAt: seconds.nullable().optional(),
  /** How fast the video plays at first; the viewer may change it. */
  speed: z.number().min(0.25).max(2).nullable().optional(),
  allowDownload: z.boolean().optional(),
  /** Sites that may show the player in a frame: null is any, an empty list none. */
  embedOrigins: z.array(origin).max(20).nullable().optional(),
  /** Whom this link is for; only its owner sees it. */
  recipient: z.string().trim().max(120).nullable().optional(),
  label: z.string().trim().max(120).nullable().optional(),
  /** An address of the owner's choice, 4 to 64 characters, beside the code; null gives it up for good. */
  alias: z.string().trim().min(1).max(200).nullable().optional(),
});

/** Short code as it stands in a URL: 12 of base58. An alias never has this form. */
export const code = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{12}$/);

/** What a link does at this moment; a revoked one is listed no more. */
export const linkState = z.enum(['scheduled', 'open', 'used_up', 'expired', 'taken_down']);
export type LinkState = z.infer<typeof linkState>;

export const link = z.object({
  id: z.string(),
  code: z.string(),
  /** Folded (NFKC, lower case). */
  alias: z.string().nullable(),
  /** Absolute, percent-encoded; of the alias where there is one. */
  url: z.string(),
  state: linkState,
  serverId: z.string(),
  videoId: z.string(),
  /** As its media server said last. */
  videoTitle: z.string().nullable(),
  label: z.string().nullable(),
  recipient: z.string().nullable(),
  opensAt: timestamp.nullable(),
  expiresAt: timestamp.nullable(),
  maxViews: z.int().nullable(),
  hasPassword: z.boolean(),
  startAt: seconds.nullable(),
  endAt: seconds.nullable(),
  speed: z.number().nullable(),
  allowDownload: z.boolean(),
  embedOrigins: z.array(z.string()).nullable(),
  views: z.int(),
  lastOpenedAt: timestamp.nullable(),
  createdAt: timestamp,
});
export type Link = z.infer<typeof link>;

export const reportReasons = ['illegal', 'privacy', 'copyright', 'violence', 'spam', 'other'] as const;
export const reportReason = z.enum(reportReasons);

/** A code or an alias. */
const codeParams = z.object({ code: z.string().max(200) });

/**
 * `true`: nothing flows any more; where the media server does not confirm, after the seconds that it may go on without
 * news (`linkLeaseSeconds`). `pending`: the service closed before it knew; it stops within these seconds.
 */
const stopped = z.union([z.literal(true), z.literal('pending')]);

const makingProblems = [
  'not_found',
  'invalid_fields',
  'alias_not_allowed',
  'alias_taken',
  'rate_limited',
  'unavailable',
] as const;

export const linksApi = {
  createLink: endpoint({
    method: 'POST',
    path: '/api/links',
    access: 'user',
    summary: 'Make a short URL for a video of one of my servers',
    scope: 'links:write',
    body: linkLimits.extend({ serverId: id, videoId: id }),
    status: 201,
    response: link,
    problems: makingProblems,
  }),
  createLinks: endpoint({
    method: 'POST',
    path: '/api/links/batch',
    access: 'user',
    scope: 'links:write',
    summary: 'Make a link of its own for each of several people; all of them or none',
    body: linkLimits.omit({ alias: true, recipient: true }).extend({
      serverId: id,
      videoId: id,
      recipients: z.array(z.string().trim().min(1).max(120)).min(1).max(50),
    }),
    status: 201,
    response: z.object({ items: z.array(link) }),
    problems: makingProblems,
  }),
  listLinks: endpoint({
    method: 'GET',
    path: '/api/links',
    access: 'user',
    scope: 'links:read',
    summary: 'My links, newest first; `q` looks into label, recipient, alias, code and title',
    query: pageQuery.extend({
      videoId: id.optional(),
      q: z.string().trim().max(120).optional(),
      state: linkState.optional(),
    }),
    response: page(link),
  }),
  videoStats: endpoint({
    method: 'GET',
    path: '/api/links/stats',
    access: 'user',
    scope: 'links:read',
    summary: 'The statistics of all my links of a video, revoked ones included, together',
    query: statsQuery.extend({ videoId: id }),
    response: videoStats,
  }),
  getLink: endpoint({
    method: 'GET',
    path: '/api/links/:id',
    access: 'user',
    scope: 'links:read',
    summary: 'One link',
    params: idParams,
    response: link,
    problems: ['not_found'],
  }),
  updateLink: endpoint({
    method: 'PATCH',
    path: '/api/links/:id',
    access: 'user',
    scope: 'links:write',
    summary: 'Change the limits of a link',
    params: idParams,
    body: linkLimits,
    response: link,
    problems: ['not_found', 'invalid_fields', 'alias_not_allowed', 'alias_taken', 'rate_limited'],
  }),
  revokeLink: endpoint({
    method: 'DELETE',
    path: '/api/links/:id',
    access: 'user',
    scope: 'links:write',
    summary: 'Revoke a link: nothing more is served, whatever a viewer is doing',
    params: idParams,
    response: z.object({ stopped }),
    problems: ['not_found'],
  }),
  revokeLinks: endpoint({
    method: 'DELETE',
    path: '/api/links',
    access: 'user',
    scope: 'links:write',
    summary: 'Revoke all my links of a video',
    query: z.object({ videoId: id }),
    response: z.object({ revoked: z.int(), stopped }),
  }),
  revokeChosen: endpoint({
    method: 'POST',
    path: '/api/links/revoke',
    access: 'user',
    scope: 'links:write',
    summary: 'Revoke some of my links together; what is unknown or has ended is passed over',
    body: z.object({ ids: z.array(id).min(1).max(200) }),
    status: 200,
    response: z.object({ revoked: z.int(), stopped }),
  }),
  linkStats: endpoint({
    method: 'GET',
    path: '/api/links/:id/stats',
    access: 'user',
    scope: 'links:read',
    summary: 'How often a link was opened, when, on what, and from where; nothing about any one viewer',
    params: idParams,
    query: statsQuery,
    response: linkStats,
    problems: ['not_found'],
  }),
  eraseStats: endpoint({
    method: 'DELETE',
    path: '/api/links/:id/stats',
    access: 'user',
    scope: 'links:write',
    summary: 'Erase what is known of how a link was used; its view count stays, because its limit needs it',
    params: idParams,
    problems: ['not_found'],
  }),
  openLink: endpoint({
    method: 'POST',
    path: '/api/links/:code/open',
    access: 'open',
    summary: 'Take a view and receive a grant, which the media server makes a play session of',
    params: codeParams,
    body: z.object({ password: z.string().max(200).optional() }),
    response: z.object({
      grant: z.string(),
      /** URL reference of the media server. */
      serverUrl: z.string(),
      videoId: z.string(),
      startAt: seconds.nullable(),
      endAt: seconds.nullable(),
      /** How fast to begin; null is as recorded. */
      speed: z.number().nullable(),
      allowDownload: z.boolean(),
      /** For `noteProgress`; null where the viewer asks not to be followed. */
      playTicket: z.string().nullable(),
    }),
    problems: [
      'not_found',
      'password_required',
      'wrong_password',
      'not_open_yet',
      'link_revoked',
      'link_expired',
      'link_used_up',
      'taken_down',
      'rate_limited',
    ],
  }),
  noteProgress: endpoint({
    method: 'POST',
    path: '/api/links/:code/progress',
    access: 'open',
    summary: 'Which twentieths of the video this play has shown; counted once each, and nothing else is kept',
    params: codeParams,
    body: z.object({
      ticket: z.string().max(300),
      parts: z.array(z.int().min(0).max(19)).max(20),
    }),
    problems: ['grant_invalid'],
  }),
  reportLink: endpoint({
    method: 'POST',
    path: '/api/links/:code/report',
    access: 'open',
    summary: 'Report what a link shows to the operator',
    params: codeParams,
    body: z.object({ reason: reportReason, detail: z.string().trim().max(1000).optional() }),
    problems: ['not_found', 'link_revoked', 'link_expired', 'taken_down', 'rate_limited'],
  }),
} as const;

/** What the watch page needs for its head: always answered, neutral where the link is protected or gone. */
export const linkPreview = z.object({
  state: z.enum(['open', 'protected', 'not_found', 'not_open_yet', 'revoked', 'expired', 'taken_down']),
  card: card.omit({ posterBase64: true, trashed: true }).nullable(),
  hasPoster: z.boolean(),
  /** Pixels of the poster, where they are known. */
  poster: z.object({ width: z.int(), height: z.int() }).nullable().optional(),
  /** Sites that may frame the player: null is any, an empty list none. */
  embedOrigins: z.array(z.string()).nullable().optional(),
});

/** Claims of a grant: `aud` is `server:<id>`, 60 seconds, redeemed once. */
export const grantClaims = z.object({
  jti: z.string(),
  linkId: z.string(),
  epoch: z.int(),
  videoId: z.string(),
  startAt: seconds.nullable(),
  endAt: seconds.nullable(),
  allowDownload: z.boolean(),
  /** Unix seconds at which the link itself ends, or null. */
  linkExp: z.int().nullable(),
});
export type GrantClaims = z.infer<typeof grantClaims>;

/**
 * Claims of the token by which links asks for the picture where a link begins: `aud` is `server:<id>`, 60 seconds. It opens
 * nothing but that picture, and is shown by links alone.
 */
export const frameClaims = z.object({ videoId: z.string(), frameAt: seconds });
export type FrameClaims = z.infer<typeof frameClaims>;

export const linksInternalApi = {
  preview: endpoint({
    method: 'GET',
    path: '/internal/links/:code/preview',
    access: 'internal',
    summary: 'What the watch page of a code says in its head',
    params: codeParams,
    response: linkPreview,
  }),
  putCard: endpoint({
    method: 'PUT',
    path: '/internal/cards/:serverId/:videoId',
    access: 'internal',
    summary: 'Keep what a preview of a video shows',
    params: z.object({ serverId: id, videoId: id }),
    body: card,
    maxBody: 1_000_000,
  }),
  keys: endpoint({
    method: 'GET',
    path: '/internal/jwks',
    access: 'open',
    summary: 'The public keys that grants are signed with (RFC 7517)',
    response: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
} as const;
