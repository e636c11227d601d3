import { z } from 'zod';
import { endpoint } from './endpoint.ts';

/** What subscriptions writes to people about. */
export const billingLetter = z.enum([
  'payment-receipt',
  'payment-failed',
  'subscription-suspended',
  'subscription-ended',
  'trial-ending',
  'data-removal',
]);
export type BillingLetter = z.infer<typeof billingLetter>;

/**
 * Facts that one service publishes and others follow (DESIGN §3): written in the transaction that makes them
 * true, numbered without reuse, delivered in order and at least once. A consumer stores the last `seq` it has
 * applied; asking `after=N` says that everything up to N is applied.
 */
export const eventData = z.discriminatedUnion('type', [
  // identity
  z.object({ type: z.literal('session.revoked'), sessionId: z.string(), userId: z.string() }),
  z.object({ type: z.literal('user.deleted'), userId: z.string() }),
  // subscriptions and links: what each has removed of a deleted account, once it is all gone
  z.object({
    type: z.literal('account.removed'),
    userId: z.string(),
    service: z.enum(['subscriptions', 'links']),
    counts: z.record(z.string(), z.int()),
  }),
  // subscriptions
  z.object({
    type: z.literal('server.changed'),
    serverId: z.string(),
    slug: z.string(),
    ownerId: z.string(),
    state: z.string(),
  }),
  z.object({ type: z.literal('video.deleted'), serverId: z.string(), videoId: z.string() }),
  /** A letter to somebody whose address only identity knows; it is written in their language. */
  z.object({
    type: z.literal('letter.wanted'),
    userId: z.string(),
    kind: billingLetter,
    values: z.record(z.string(), z.string()),
  }),
  // links
  z.object({
    type: z.literal('link.changed'),
    serverId: z.string(),
    videoId: z.string(),
    linkId: z.string(),
    /** Play sessions and grants of a lower epoch are dead. */
    epoch: z.int(),
    revoked: z.boolean(),
  }),
]);

export type EventData = z.infer<typeof eventData>;

export const event = z.object({ seq: z.int(), at: z.iso.datetime(), data: eventData });
export type Event = z.infer<typeof event>;

export const feedQuery = z.object({
  /** `end`: nothing of what there is, only what comes. */
  after: z.union([z.literal('end'), z.coerce.number().int().min(0)]).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  /** Seconds to wait for news before an empty answer. */
  wait: z.coerce.number().min(0).max(30).default(0),
  /** Only events of this server (and those of none). */
  serverId: z.string().optional(),
  /** A name under which the feed remembers how far this consumer has applied (`after`). */
  consumer: z.string().max(100).optional(),
});

export const feedPage = z.object({
  items: z.array(event),
  /** The number to ask `after` next; moves on past events that the filter left out. */
  next: z.int(),
  /** True when nothing stood behind it as it was read; false when there may be more, or when the wait broke off. */
  complete: z.boolean().optional(),
});
export type FeedPage = z.infer<typeof feedPage>;

/**
 * How long a media server shows anything by a link after it last asked the links feed and was told all there was, in
 * seconds. Who revokes a link waits as long for a server that does not confirm, and knows then that nothing flows.
 */
export const linkLeaseSeconds = 6;

/** Every service with facts offers this. */
export const feedApi = {
  events: endpoint({
    method: 'GET',
    path: '/internal/events',
    access: 'internal',
    summary: 'The facts of this service after a number, in order; waits for news',
    query: feedQuery,
    response: feedPage,
  }),
} as const;
