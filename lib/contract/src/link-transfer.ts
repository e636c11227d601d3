import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { id, timestamp } from './fields.ts';
import { linkLimits } from './links.ts';
import { problems } from './problem.ts';

/** Rows of one import. */
export const MAX_IMPORT = 500;

/** One link as a file has it. A password is never written, only that there is one. */
export const exportedLink = linkLimits.omit({ password: true }).extend({
  code: z.string(),
  url: z.string(),
  serverId: id,
  videoId: id,
  videoTitle: z.string().nullable(),
  hasPassword: z.boolean(),
  views: z.int(),
  createdAt: timestamp,
});
export type ExportedLink = z.infer<typeof exportedLink>;

/** One row to import: limits as at the making of a link. What a file has besides is passed over. */
export const importedLink = linkLimits.extend({
  serverId: id,
  videoId: id,
  /** A link that had a password is not made without one: its row needs `password`. */
  hasPassword: z.boolean().optional(),
});
export type ImportedLink = z.infer<typeof importedLink>;

const problemCode = z.enum(Object.keys(problems) as [keyof typeof problems]);

export const importReport = z.object({
  created: z.int(),
  /** Rows, counted from 1, of which no link was made, or one without its alias. */
  remarks: z.array(z.object({ row: z.int(), isCreated: z.boolean(), code: problemCode, detail: z.string() })),
});
export type ImportReport = z.infer<typeof importReport>;

export const linkTransferApi = {
  importLinks: endpoint({
    method: 'POST',
    path: '/api/links/import',
    access: 'user',
    scope: 'links:write',
    summary: 'Make links of an exported file; each gets a new code, and its alias where that is free',
    body: z.union([
      z.object({ links: z.array(z.unknown()).max(MAX_IMPORT) }),
      z.object({ csv: z.string().max(1_000_000) }),
    ]),
    maxBody: 1_100_000,
    response: importReport,
    problems: ['invalid_fields', 'rate_limited', 'unavailable'],
  }),
} as const;
