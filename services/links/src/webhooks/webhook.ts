import type { Webhook, WebhookDelivery, WebhookEvent } from '@ptsdly/contract';
import { iso } from '../sharing/link.ts';

/** Times are milliseconds since 1970. */
export interface WebhookRecord {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description: string | null;
  readonly isEnabled: boolean;
  readonly disabledBecause: Webhook['disabledBecause'];
  readonly createdAt: number;
  /** `whsec_` and base64; newest first, those of before until their time is over. */
  readonly secrets: readonly { readonly text: string; readonly until: number | null }[];
}

export interface Attempt {
  readonly at: number;
  readonly status: number | null;
  readonly failure: WebhookDelivery['attempts'][number]['failure'];
  readonly ms: number;
}

export interface DeliveryRecord {
  readonly id: string;
  readonly event: WebhookDelivery['event'];
  readonly state: WebhookDelivery['state'];
  readonly createdAt: number;
  readonly nextAt: number | null;
  readonly attempts: readonly Attempt[];
  /** What is sent, byte for byte, each time. */
  readonly payload: string;
}

/** A delivery that is due, as the queue names it. */
export type DueRecord = readonly [ownerId: string, webhookId: string, deliveryId: string];

export function toWebhook({ secrets: _, ...record }: WebhookRecord): Webhook {
  return { ...record, events: [...record.events], createdAt: new Date(record.createdAt).toISOString() };
}

export function toDelivery({ payload: _, ...record }: DeliveryRecord): WebhookDelivery {
  return {
    ...record,
    createdAt: new Date(record.createdAt).toISOString(),
    nextAt: iso(record.nextAt),
    attempts: record.attempts.map((attempt) => ({ ...attempt, at: new Date(attempt.at).toISOString() })),
  };
}
