import { z } from 'zod';
import { endpoint } from './endpoint.ts';

const side = z.coerce.number().int().min(1).max(10_000);

const common = {
  version: z.literal('1.0'),
  title: z.string(),
  provider_name: z.string(),
  provider_url: z.string(),
  /** Seconds for which the answer may be kept: a link can be revoked at any time. */
  cache_age: z.int(),
  /** The poster; its three names come together (§2.3.4). */
  thumbnail_url: z.string().optional(),
  thumbnail_width: z.int().optional(),
  thumbnail_height: z.int().optional(),
};

/** oEmbed 1.0 §2.3.4; its names are not ours. A link that protects its video answers without it. */
export const oembed = z.discriminatedUnion('type', [
  z.object({ type: z.literal('link'), ...common }),
  z.object({
    type: z.literal('video'),
    ...common,
    html: z.string(),
    width: z.int(),
    height: z.int(),
  }),
]);
export type Oembed = z.infer<typeof oembed>;

export const webApi = {
  oembed: endpoint({
    method: 'GET',
    path: '/api/oembed',
    access: 'open',
    summary: 'How a page of another site embeds a link (oEmbed 1.0, JSON)',
    query: z.object({
      url: z.string().max(2000),
      maxwidth: side.optional(),
      maxheight: side.optional(),
      format: z.string().max(20).optional(),
    }),
    response: oembed,
    problems: ['not_found', 'format_not_offered'],
  }),
} as const;
