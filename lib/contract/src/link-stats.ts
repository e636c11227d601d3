import { z } from 'zod';
import { timestamp } from './fields.ts';

const count = z.int();

/** Parts of a video that the completion curve tells apart. */
export const COMPLETION_PARTS = 20;

export const statsQuery = z.object({ days: z.coerce.number().int().min(1).max(366).default(30) });

/** Sums over the days asked for; nothing about any one viewer. */
const usage = z.object({
  /** Summed over the days: who comes again on another day cannot be known again. */
  uniqueViewers: count,
  /** Views whose video began to play in our player. */
  plays: count,
  /** How many plays have shown each twentieth of the video, from its beginning to its end. */
  completion: z.array(count).length(COMPLETION_PARTS),
  /** Views by class of device. Who sends Sec-GPC or DNT is in `views` only. */
  devices: z.object({
    phone: count.optional(),
    tablet: count.optional(),
    desktop: count.optional(),
    tv: count.optional(),
    other: count.optional(),
  }),
  /** Views by country (ISO 3166-1 alpha-2); empty where no database of addresses is configured. */
  countries: z.record(z.string(), count),
  /** Clicks by the site that they came from, most first. */
  referrers: z.array(z.object({ host: z.string(), clicks: count })),
  /** Days with views, oldest first (UTC). */
  days: z.array(
    z.object({ day: z.iso.date(), views: count, uniqueViewers: count, hours: z.array(count).length(24) }),
  ),
});

export const linkStats = usage.extend({
  redirects: count,
  views: count,
  bots: count,
  lastOpenedAt: timestamp.nullable(),
});
export type LinkStats = z.infer<typeof linkStats>;

export const videoStats = linkStats.extend({
  /** Links that the sums are made of. */
  links: count,
});
export type VideoStats = z.infer<typeof videoStats>;
