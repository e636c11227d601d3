import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { id, idParams, page, pageQuery, timestamp } from './fields.ts';

export const webhookEvents = [
  'link.opened',
  'link.exhausted',
  'link.expired',
  'link.revoked',
  'link.taken_down',
] as const;
export const webhookEvent = z.enum(webhookEvents);
export type WebhookEvent = z.infer<typeof webhookEvent>;

export const webhook = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(webhookEvent),
  description: z.string().nullable(),
  isEnabled: z.boolean(),
  /** Why it was switched off by itself: it answered 410, or every attempt of a message has failed. */
  disabledBecause: z.enum(['gone', 'failing']).nullable(),
  createdAt: timestamp,
});
export type Webhook = z.infer<typeof webhook>;

/** A webhook with its secret (`whsec_` and base64), which is shown this once. */
export const newWebhook = webhook.extend({ secret: z.string() });
export type NewWebhook = z.infer<typeof newWebhook>;

/** What is sent, as the Standard Webhooks specification has it: signed, numbered, at least once. */
export const webhookMessage = z.object({
  type: z.union([webhookEvent, z.literal('test')]),
  timestamp,
  data: z.object({
    linkId: z.string(),
    videoId: z.string(),
    label: z.string().nullable(),
    recipient: z.string().nullable(),
    views: z.int(),
    maxViews: z.int().nullable(),
  }),
});
export type WebhookMessage = z.infer<typeof webhookMessage>;

export const webhookDelivery = z.object({
  id: z.string(),
  event: z.union([webhookEvent, z.literal('test')]),
  state: z.enum(['pending', 'delivered', 'failed']),
  createdAt: timestamp,
  /** When it is tried again. */
  nextAt: timestamp.nullable(),
  attempts: z.array(
    z.object({
      at: timestamp,
      /** The answer's status; null where there was none. */
      status: z.int().nullable(),
      /** Why there was no good answer, in a word that a program can read. */
      failure: z
        .enum(['address_not_public', 'name_not_found', 'timed_out', 'not_reached', 'refused'])
        .nullable(),
      ms: z.int(),
    }),
  ),
});
export type WebhookDelivery = z.infer<typeof webhookDelivery>;

const fields = z.object({
  url: z.url({ protocol: /^https?$/ }).max(500),
  events: z.array(webhookEvent).min(1).max(webhookEvents.length),
  description: z.string().trim().max(120).nullable().optional(),
});

const deliveryParams = idParams.extend({ deliveryId: id });

export const webhooksApi = {
  listWebhooks: endpoint({
    method: 'GET',
    path: '/api/webhooks',
    access: 'user',
    scope: 'links:read',
    summary: 'Where my events are sent',
    response: z.object({ items: z.array(webhook) }),
  }),
  createWebhook: endpoint({
    method: 'POST',
    path: '/api/webhooks',
    access: 'user',
    scope: 'links:write',
    summary: 'Send events of my links to an address (Standard Webhooks); at most 10',
    body: fields,
    status: 201,
    response: newWebhook,
    problems: ['invalid_fields', 'webhook_address', 'webhook_limit'],
  }),
  updateWebhook: endpoint({
    method: 'PATCH',
    path: '/api/webhooks/:id',
    access: 'user',
    scope: 'links:write',
    summary: 'Change a webhook, or switch it on and off',
    params: idParams,
    body: fields.partial().extend({ isEnabled: z.boolean().optional() }),
    response: webhook,
    problems: ['not_found', 'invalid_fields', 'webhook_address'],
  }),
  deleteWebhook: endpoint({
    method: 'DELETE',
    path: '/api/webhooks/:id',
    access: 'user',
    scope: 'links:write',
    summary: 'Send nothing to this address any more; its deliveries are erased',
    params: idParams,
    problems: ['not_found'],
  }),
  renewWebhookSecret: endpoint({
    method: 'POST',
    path: '/api/webhooks/:id/secret',
    access: 'user',
    scope: 'links:write',
    summary: 'A new secret; for a day messages are signed with the old one as well',
    params: idParams,
    status: 201,
    response: newWebhook,
    problems: ['not_found'],
  }),
  testWebhook: endpoint({
    method: 'POST',
    path: '/api/webhooks/:id/test',
    access: 'user',
    scope: 'links:write',
    summary: 'Send a test message at once',
    params: idParams,
    response: webhookDelivery,
    problems: ['not_found', 'rate_limited'],
  }),
  listDeliveries: endpoint({
    method: 'GET',
    path: '/api/webhooks/:id/deliveries',
    access: 'user',
    scope: 'links:read',
    summary: 'What was sent to this address, newest first; the last hundred are kept',
    params: idParams,
    query: pageQuery,
    response: page(webhookDelivery),
    problems: ['not_found'],
  }),
  redeliver: endpoint({
    method: 'POST',
    path: '/api/webhooks/:id/deliveries/:deliveryId/retry',
    access: 'user',
    scope: 'links:write',
    summary: 'Send a message again',
    params: deliveryParams,
    status: 200,
    response: webhookDelivery,
    problems: ['not_found', 'rate_limited'],
  }),
} as const;
