import { type HandlerInput, type NewWebhook, Problem, type webhooksApi } from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { deliveriesOf, deliveryOf, enqueue, schedule, trim } from './deliveries.ts';
import type { PostOptions } from './post.ts';
import { isPublicUrl } from './public-address.ts';
import { newSecret } from './signature.ts';
import { type DeliveryRecord, toWebhook, type WebhookRecord } from './webhook.ts';

const MAX_WEBHOOKS = 10;
/** How long messages are signed with the secret of before as well. */
const OVERLAP_MS = 86_400_000;

type NewFields = HandlerInput<typeof webhooksApi.createWebhook>['body'];
type Changes = HandlerInput<typeof webhooksApi.updateWebhook>['body'];

/** What a test message is about: no link in particular. */
const SAMPLE = { id: 'test', videoId: 'test', label: null, recipient: null, views: 1, maxViews: null };

/** An owner's webhooks. One that is unknown and another's are the same: `not_found`. */
export class Webhooks {
  readonly #kv: Kv;
  readonly #options: PostOptions;

  constructor(kv: Kv, options: PostOptions) {
    this.#kv = kv;
    this.#options = options;
  }

  async list(ownerId: string): Promise<readonly WebhookRecord[]> {
    return (await this.#kv.get<readonly WebhookRecord[]>(keys.webhooks(ownerId))) ?? [];
  }

  /** Rejects with `webhook_address` where no message may go, `webhook_limit` when there are enough. */
  async create(ownerId: string, { url, events, description = null }: NewFields): Promise<NewWebhook> {
    this.#checkUrl(url);
    const secret = newSecret();
    const webhook: WebhookRecord = {
      id: newId(),
      url,
      events: [...new Set(events)],
      description,
      isEnabled: true,
      disabledBecause: null,
      createdAt: Date.now(),
      secrets: [{ text: secret, until: null }],
    };
    await this.#kv.transaction(async (tx) => {
      const before = (await tx.get<readonly WebhookRecord[]>(keys.webhooks(ownerId))) ?? [];
      if (before.length >= MAX_WEBHOOKS) throw new Problem('webhook_limit');
      tx.put(keys.webhooks(ownerId), [...before, webhook]);
    });
    return { ...toWebhook(webhook), secret };
  }

  update(ownerId: string, id: string, changes: Changes): Promise<WebhookRecord> {
    if (changes.url !== undefined) this.#checkUrl(changes.url);
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    return this.change(ownerId, id, (webhook) => ({
      ...webhook,
      ...given,
      ...(changes.isEnabled === true ? { disabledBecause: null } : {}),
    }));
  }

  async renewSecret(ownerId: string, id: string): Promise<NewWebhook> {
    const secret = newSecret();
    const until = Date.now() + OVERLAP_MS;
    const webhook = await this.change(ownerId, id, (before) => ({
      ...before,
      secrets: [
        { text: secret, until: null },
        ...before.secrets.slice(0, 1).map(({ text }) => ({ text, until })),
      ],
    }));
    return { ...toWebhook(webhook), secret };
  }

  async remove(ownerId: string, id: string): Promise<void> {
    await this.#kv.transaction(async (tx) => {
      const webhooks = await owned(tx, ownerId, id);
      tx.put(
        keys.webhooks(ownerId),
        webhooks.filter((webhook) => webhook.id !== id),
      );
    });
    await trim(this.#kv, id, 0);
  }

  /** Forgets everything of an owner. */
  async erase(ownerId: string): Promise<void> {
    for (const { id } of await this.list(ownerId)) await this.remove(ownerId, id);
    await this.#kv.remove(keys.webhooks(ownerId));
  }

  /** A message that says nothing, due after the caller has had the time to send it by itself. */
  async test(ownerId: string, id: string): Promise<DeliveryRecord> {
    return this.#kv.transaction(async (tx) => {
      await owned(tx, ownerId, id);
      return enqueue(tx, ownerId, id, 'test', SAMPLE);
    });
  }

  async deliveries(ownerId: string, id: string, page: { cursor?: string | undefined; limit: number }) {
    await this.find(ownerId, id);
    return deliveriesOf(this.#kv, id, page);
  }

  /** Sends a message again, whatever came of it before. */
  async redeliver(ownerId: string, id: string, deliveryId: string): Promise<DeliveryRecord> {
    await this.find(ownerId, id);
    const record = await deliveryOf(this.#kv, id, deliveryId);
    const now = Date.now();
    await this.#kv.transaction((tx) => {
      if (record.nextAt !== null) tx.remove(keys.dueDelivery(record.nextAt, record.id));
      schedule(tx, ownerId, id, { ...record, attempts: [] }, now);
    });
    return { ...record, attempts: [], state: 'pending', nextAt: now };
  }

  async find(ownerId: string, id: string): Promise<WebhookRecord> {
    const webhook = (await this.list(ownerId)).find((one) => one.id === id);
    if (!webhook) throw new Problem('not_found');
    return webhook;
  }

  /** Replaces one webhook by what `next` makes of it. */
  change(
    ownerId: string,
    id: string,
    next: (webhook: WebhookRecord) => WebhookRecord,
  ): Promise<WebhookRecord> {
    return this.#kv.transaction(async (tx) => {
      const webhooks = await owned(tx, ownerId, id);
      const changed = webhooks.map((webhook) => (webhook.id === id ? next(webhook) : webhook));
      tx.put(keys.webhooks(ownerId), changed);
      return changed.find((webhook) => webhook.id === id) as WebhookRecord;
    });
  }

  #checkUrl(url: string): void {
    if (!this.#options.allowPrivate && !isPublicUrl(new URL(url))) throw new Problem('webhook_address');
  }
}

async function owned(tx: Tx, ownerId: string, id: string): Promise<readonly WebhookRecord[]> {
  const webhooks = (await tx.get<readonly WebhookRecord[]>(keys.webhooks(ownerId))) ?? [];
  if (!webhooks.some((webhook) => webhook.id === id)) throw new Problem('not_found');
  return webhooks;
}
