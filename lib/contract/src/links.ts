import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { id, idParams, page, pageQuery, seconds, timestamp } from './fields.ts';
import { card } from './subscriptions.ts';

const limits = z.object({
  opensAt: timestamp.nullable().optional(),
  expiresAt: timestamp.nullable().optional(),
  maxViews: z.int().min(1).max(1_000_000).nullable().optional(),
  password: z.string().min(1).max(200).nullable().optional(),
  startAt: seconds.nullable().optional(),
  endAt: seconds.nullable().optional(),
  allowDownload: z.boolean().optional(),
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
  label: z.string().nullable(),
  opensAt: timestamp.nullable(),
  expiresAt: timestamp.nullable(),
  maxViews: z.int().nullable(),
  hasPassword: z.boolean(),
  startAt: seconds.nullable(),
  endAt: seconds.nullable(),
  allowDownload: z.boolean(),
  views: z.int(),
  createdAt: timestamp,
});
export type Link = z.infer<typeof link>;

export const reportReasons = ['illegal', 'privacy', 'copyright', 'violence', 'spam', 'other'] as const;
export const reportReason = z.enum(reportReasons);

const count = z.int();

export const linkStats = z.object({
  redirects: count,
  views: count,
  bots: count,
  lastOpenedAt: timestamp.nullable(),
  /** Summed over the days asked for: who comes again on another day cannot be known again. */
  uniqueViewers: count,
  /** Views by class of device, over the days asked for. Who sends Sec-GPC or DNT is in `views` only. */
  devices: z.object({
    phone: count.optional(),
    tablet: count.optional(),
    desktop: count.optional(),
    tv: count.optional(),
    other: count.optional(),
  }),
  /** Clicks by the site that they came from, most first. */
  referrers: z.array(z.object({ host: z.string(), clicks: count })),
  /** Days with views, oldest first (UTC). */
  days: z.array(
    z.object({ day: z.iso.date(), views: count, uniqueViewers: count, hours: z.array(count).length(24) }),
  ),
});
export type LinkStats = z.infer<typeof linkStats>;

/** A code or an alias. */
const codeParams = z.object({ code: z.string().max(200) });

export const linksApi = {
  createLink: endpoint({
    method: 'POST',
    path: '/api/links',
    access: 'user',
    scope: 'links:write',
    summary: 'Make a short URL for a video of one of my servers',
    body: limits.extend({ serverId: id, videoId: id }),
    status: 201,
    response: link,
    problems: [
      'not_found',
      'invalid_fields',
      'alias_not_allowed',
      'alias_taken',
      'rate_limited',
      'unavailable',
    ],
  }),
  listLinks: endpoint({
    method: 'GET',
    path: '/api/links',
    access: 'user',
    scope: 'links:read',
    summary: 'My links, newest first',
    query: pageQuery.extend({ videoId: id.optional() }),
    response: page(link),
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
    body: limits,
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
    response: z.object({
      /** `pending`: the media server has not confirmed yet; it will before it serves another byte. */
      stopped: z.union([z.literal(true), z.literal('pending')]),
    }),
    problems: ['not_found'],
  }),
  revokeLinks: endpoint({
    method: 'DELETE',
    path: '/api/links',
    access: 'user',
    scope: 'links:write',
    summary: 'Revoke all my links of a video',
    query: z.object({ videoId: id }),
    response: z.object({
      revoked: z.int(),
      stopped: z.union([z.literal(true), z.literal('pending')]),
    }),
  }),
  linkStats: endpoint({
    method: 'GET',
    path: '/api/links/:id/stats',
    access: 'user',
    scope: 'links:read',
    summary: 'How often a link was opened, when, on what, and from where; nothing about any one viewer',
    params: idParams,
    query: z.object({ days: z.coerce.number().int().min(1).max(366).default(30) }),
    response: linkStats,
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
      allowDownload: z.boolean(),
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
  card: card.omit({ posterBase64: true }).nullable(),
  hasPoster: z.boolean(),
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
