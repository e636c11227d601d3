import { type WebhookDelivery, webhooksApi } from '@ptsdly/contract';
import { type AppOptions, mount } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { Parts } from '../parts.ts';
import { type DeliveryRecord, toDelivery, toWebhook } from '../webhooks/webhook.ts';

export function mountWebhooks(app: Hono, { webhooks, courier }: Parts, options: AppOptions): void {
  const sent = (record: DeliveryRecord): WebhookDelivery => {
    courier.wake();
    return toDelivery(record);
  };
  mount(
    app,
    webhooksApi,
    {
      listWebhooks: async ({ caller }) => ({ items: (await webhooks.list(caller.sub)).map(toWebhook) }),
      createWebhook: ({ body, caller }) => webhooks.create(caller.sub, body),
      updateWebhook: async ({ params, body, caller }) =>
        toWebhook(await webhooks.update(caller.sub, params.id, body)),
      deleteWebhook: ({ params, caller }) => webhooks.remove(caller.sub, params.id).then(() => undefined),
      renewWebhookSecret: ({ params, caller }) => webhooks.renewSecret(caller.sub, params.id),
      testWebhook: async ({ params, caller }) => sent(await webhooks.test(caller.sub, params.id)),
      listDeliveries: async ({ params, query, caller }) => {
        const { items, nextCursor } = await webhooks.deliveries(caller.sub, params.id, query);
        return { items: items.map(toDelivery), nextCursor };
      },
      redeliver: async ({ params, caller }) =>
        sent(await webhooks.redeliver(caller.sub, params.id, params.deliveryId)),
    },
    options,
  );
}
