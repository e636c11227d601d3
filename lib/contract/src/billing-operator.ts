import { z } from 'zod';
import { subscriptionState } from './billing.ts';
import { endpoint } from './endpoint.ts';
import { idParams, page, pageQuery, timestamp } from './fields.ts';
import { refundDue } from './refund.ts';

/** What an operator does with subscriptions. Internal: whoever holds the service key of the installation. */

export const subscriptionEntry = z.object({
  id: z.string(),
  userId: z.string(),
  planId: z.string(),
  state: subscriptionState,
  serverId: z.string(),
  suspendedFor: z.string().nullable(),
  periodEnd: timestamp.nullable(),
  purgeAt: timestamp.nullable(),
});
export type SubscriptionEntry = z.infer<typeof subscriptionEntry>;

export const billingOperatorApi = {
  refundsDue: endpoint({
    method: 'GET',
    path: '/internal/refunds-due',
    access: 'internal',
    summary: 'Charges to be refunded at the provider, the oldest first, at most 200',
    response: z.object({ items: z.array(refundDue) }),
  }),
  subscriptionEntries: endpoint({
    method: 'GET',
    path: '/internal/subscriptions',
    access: 'internal',
    summary: 'All subscriptions, newest first',
    query: pageQuery,
    response: page(subscriptionEntry),
  }),
  suspend: endpoint({
    method: 'PUT',
    path: '/internal/subscriptions/:id/suspension',
    access: 'internal',
    summary: 'Stop the server of a subscription (by either id), whatever is paid; its owner is told why',
    params: idParams,
    body: z.object({ reason: z.string().trim().min(1).max(300) }),
    response: subscriptionEntry,
    problems: ['not_found'],
  }),
  unsuspend: endpoint({
    method: 'DELETE',
    path: '/internal/subscriptions/:id/suspension',
    access: 'internal',
    summary: 'Let the server run again, as far as its subscription does',
    params: idParams,
    response: subscriptionEntry,
    problems: ['not_found'],
  }),
} as const;
