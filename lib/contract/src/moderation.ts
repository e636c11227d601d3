import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageQuery, timestamp } from './fields.ts';
import { reportReason } from './links.ts';

/** What is done about reported links: by the operator's command, and by people with a role on their page. */

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
  /** The id of the account, or `operator` for whoever has the service key. */
  by: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** A link that shows nothing by a decision, the newest about it, and may be put back. */
export const takenDownLink = auditEntry.omit({ action: true }).extend({
  code: z.string(),
  title: z.string().nullable(),
});
export type TakenDownLink = z.infer<typeof takenDownLink>;

const params = z.object({ code: z.string().max(200) });
const body = z.object({ note: z.string().trim().min(1).max(1000) });

/** For whoever holds the service key of the installation. */
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

/** The same for support (reads) and administrators (act). */
export const reportsApi = {
  listReports: endpoint({
    method: 'GET',
    path: '/api/admin/reports',
    access: 'user',
    role: 'support',
    summary: 'The reports that wait, by link',
    query: pageQuery,
    response: page(report),
  }),
  takeDownLink: endpoint({
    method: 'POST',
    path: '/api/admin/links/:code/takedown',
    access: 'user',
    role: 'admin',
    summary: 'Take a link down: 451 from now on, and what plays stops; its reports are settled',
    params,
    body,
    problems: ['not_found', 'link_revoked'],
  }),
  restoreLink: endpoint({
    method: 'POST',
    path: '/api/admin/links/:code/restore',
    access: 'user',
    role: 'admin',
    summary: 'Put a link back that was taken down',
    params,
    body,
    problems: ['not_found', 'conflict'],
  }),
  listTakenDown: endpoint({
    method: 'GET',
    path: '/api/admin/links/taken-down',
    access: 'user',
    role: 'support',
    summary: 'The links that are taken down, by the time of that decision, newest first',
    query: pageQuery,
    response: page(takenDownLink),
  }),
  dismissLinkReports: endpoint({
    method: 'POST',
    path: '/api/admin/links/:code/dismiss',
    access: 'user',
    role: 'admin',
    summary: 'Settle the reports of a link and leave it as it is',
    params,
    body,
    problems: ['not_found'],
  }),
  listDecisions: endpoint({
    method: 'GET',
    path: '/api/admin/decisions',
    access: 'user',
    role: 'support',
    summary: 'What was done about links, newest first',
    query: pageQuery,
    response: page(auditEntry),
  }),
} as const;
