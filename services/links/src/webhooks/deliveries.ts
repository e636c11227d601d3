import { Problem, type WebhookDelivery, type WebhookEvent, type WebhookMessage } from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { LinkRecord } from '../sharing/link.ts';
import type { DeliveryRecord, DueRecord, WebhookRecord } from './webhook.ts';

/** Deliveries of one webhook that are kept. */
const KEPT = 100;

/**
 * Tells the owner's webhooks of a fact: what is to be sent is written in the transaction that makes it true, so no
 * crash can part them. One read where nobody listens.
 */
export async function announce(tx: Tx, event: WebhookEvent, link: LinkRecord): Promise<void> {
  const webhooks = (await tx.get<readonly WebhookRecord[]>(keys.webhooks(link.ownerId))) ?? [];
  for (const webhook of webhooks) {
    if (webhook.isEnabled && webhook.events.includes(event))
      enqueue(tx, link.ownerId, webhook.id, event, link);
  }
}

type Subject = Pick<LinkRecord, 'id' | 'videoId' | 'label' | 'recipient' | 'views' | 'maxViews'>;

/** Writes a delivery that is due at once, and answers it. */
export function enqueue(
  tx: Tx,
  ownerId: string,
  webhookId: string,
  event: WebhookDelivery['event'],
  link: Subject,
  due = Date.now(),
): DeliveryRecord {
  const now = Date.now();
  const message: WebhookMessage = {
    type: event,
    timestamp: new Date(now).toISOString(),
    data: {
      linkId: link.id,
      videoId: link.videoId,
      label: link.label,
      recipient: link.recipient ?? null,
      views: link.views,
      maxViews: link.maxViews,
    },
  };
  const fresh = { id: newId(), event, state: 'pending', createdAt: now, nextAt: due, attempts: [] } as const;
  const record: DeliveryRecord = { ...fresh, payload: JSON.stringify(message) };
  schedule(tx, ownerId, webhookId, record, due);
  return record;
}

/** Writes a delivery with the time at which it is tried next. */
export function schedule(
  tx: Tx,
  ownerId: string,
  webhookId: string,
  record: DeliveryRecord,
  due: number,
): void {
  tx.put(keys.delivery(webhookId, record.id), { ...record, state: 'pending', nextAt: due });
  tx.put(keys.dueDelivery(due, record.id), [ownerId, webhookId, record.id] satisfies DueRecord);
}

/** What was sent to a webhook, newest first. */
export async function deliveriesOf(
  kv: Kv,
  webhookId: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: DeliveryRecord[]; nextCursor: string | null }> {
  const prefix = keys.deliveries(webhookId);
  const after = cursor === undefined ? {} : { after: prefix + cursor };
  const entries = await kv.scan<DeliveryRecord>({ prefix, ...after, limit: limit + 1, reverse: true });
  const items = entries.slice(0, limit).map(({ value }) => value);
  return { items, nextCursor: entries.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Rejects with `not_found`. */
export async function deliveryOf(kv: Kv, webhookId: string, id: string): Promise<DeliveryRecord> {
  const record = await kv.get<DeliveryRecord>(keys.delivery(webhookId, id));
  if (!record) throw new Problem('not_found');
  return record;
}

/** Forgets the oldest of a webhook's deliveries, or all. */
export async function trim(kv: Kv, webhookId: string, kept = KEPT): Promise<void> {
  const entries = await kv.scan<DeliveryRecord>({
    prefix: keys.deliveries(webhookId),
    limit: kept + 500,
    reverse: true,
  });
  const old = entries.slice(kept).filter(({ value }) => kept === 0 || value.state !== 'pending');
  if (old.length === 0) return;
  await kv.transaction((tx) => {
    for (const { key, value } of old) {
      tx.remove(key);
      if (value.nextAt !== null) tx.remove(keys.dueDelivery(value.nextAt, value.id));
    }
  });
}
