import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageQuery, timestamp } from './fields.ts';
import { reportReason } from './links.ts';

/** What an operator does with reported links. Internal: whoever holds the service key of the installation. */

export const report = z.object({
  code: z.string(),
  linkId: z.string(),
  ownerId: z.string(),
  serverId: z.string(),
  videoId: z.string(),
  title: z.string().nullable(),
  isTakenDown: z.boolean(),
  reason: reportReason,
  detail: z.string(),
  at: timestamp,
});
export type Report = z.infer<typeof report>;

/** Who did what, when and why; never changed. */
export const auditEntry = z.object({
  at: timestamp,
  action: z.enum(['takedown', 'restore', 'dismiss']),
  linkId: z.string(),
  note: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

const params = z.object({ code: z.string().max(200) });
const body = z.object({ note: z.string().trim().min(1).max(1000) });

export const moderationApi = {
  reports: endpoint({
    method: 'GET',
    path: '/internal/reports',
    access: 'internal',
    summary: 'The reports that wait for an operator, by link',
    query: pageQuery,
    response: page(report),
  }),
  takeDown: endpoint({
    method: 'POST',
    path: '/internal/links/:code/takedown',
    access: 'internal',
    summary: 'Take a link down: 451 from now on, and what plays stops; its reports are settled',
    params,
    body,
    problems: ['not_found', 'link_revoked'],
  }),
  restore: endpoint({
    method: 'POST',
    path: '/internal/links/:code/restore',
    access: 'internal',
    summary: 'Put a link back that was taken down',
    params,
    body,
    problems: ['not_found', 'conflict'],
  }),
  dismissReports: endpoint({
    method: 'POST',
    path: '/internal/links/:code/dismiss',
    access: 'internal',
    summary: 'Settle the reports of a link and leave it as it is',
    params,
    body,
    problems: ['not_found'],
  }),
  audit: endpoint({
    method: 'GET',
    path: '/internal/audit',
    access: 'internal',
    summary: 'What operators have done, newest first',
    query: pageQuery,
    response: page(auditEntry),
  }),
} as const;
