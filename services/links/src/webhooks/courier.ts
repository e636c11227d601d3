import { Problem } from '@ptsdly/contract';
import type { Logger, Metrics } from '@ptsdly/kit';
import type { Entry, Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { deliveryOf, schedule, trim } from './deliveries.ts';
import { type PostOptions, post } from './post.ts';
import { signatureHeaders } from './signature.ts';
import type { Attempt, DeliveryRecord, DueRecord, WebhookRecord } from './webhook.ts';
import type { Webhooks } from './webhooks.ts';

const LOOK_MS = 250;
/** Longer than one attempt may take: whoever dies with a delivery leaves it to the next one. */
const LEASE_MS = 30_000;
const AT_ONCE = 16;
/** Of those that one owner's receivers may hold, so that slow ones delay nobody else. */
const AT_ONCE_OF_OWNER = 4;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** After each failure; behind the last one the message has failed (Standard Webhooks, "Retry schedule"). */
const RETRIES_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
const GONE = 410;

/**
 * Carries messages to their receivers, at least once. A delivery is leased before it is tried, so that processes that
 * share a store do not send it twice, and one that dies loses none.
 */
export class Courier {
  readonly #kv: Kv;
  readonly #webhooks: Webhooks;
  readonly #options: PostOptions;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #timer: NodeJS.Timeout;
  readonly #under = new Map<string, { ownerId: string; done: Promise<void> }>();
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(kv: Kv, webhooks: Webhooks, options: PostOptions & { log: Logger; metrics: Metrics }) {
    this.#kv = kv;
    this.#webhooks = webhooks;
    this.#options = options;
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#timer = setInterval(() => this.wake(), LOOK_MS);
    this.#timer.unref();
  }

  /** Looks for what is due. */
  wake(): void {
    if (this.#closed) return;
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#log.debug({ err: error }, 'deliveries could not be looked for'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** Lets attempts under way end; what they could not say is tried again after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.race([
      Promise.all([...this.#under.values()].map(({ done }) => done)),
      new Promise((resolve) => setTimeout(resolve, 2000).unref()),
    ]);
  }

  async #look(): Promise<void> {
    const prefix = keys.dueDeliveries;
    const entries = await this.#kv.scan<DueRecord>({ prefix, limit: 200 });
    for (const entry of entries) {
      if (Number(entry.key.slice(prefix.length).split('/')[0]) > Date.now()) return;
      const [ownerId, , deliveryId] = entry.value;
      const ofOwner = [...this.#under.values()].filter((one) => one.ownerId === ownerId).length;
      if (this.#closed || this.#under.size >= AT_ONCE) return;
      if (this.#under.has(deliveryId) || ofOwner >= AT_ONCE_OF_OWNER) continue;
      const lease = await this.#lease(entry);
      if (lease === undefined) continue;
      const done = this.#deliver(entry.value, lease)
        .catch((error: unknown) => this.#log.warn({ err: error }, 'a webhook delivery could not be noted'))
        .finally(() => this.#under.delete(deliveryId));
      this.#under.set(deliveryId, { ownerId, done });
    }
  }

  /** Puts the delivery off, so that nobody else takes it; answers until when, or undefined when somebody has it. */
  #lease({ key, value }: Entry<DueRecord>): Promise<number | undefined> {
    return this.#kv.transaction(async (tx) => {
      if ((await tx.get(key)) === undefined) return undefined;
      const until = Date.now() + LEASE_MS;
      tx.remove(key);
      tx.put(keys.dueDelivery(until, value[2]), value);
      return until;
    });
  }

  async #deliver([ownerId, webhookId, id]: DueRecord, lease: number): Promise<void> {
    const found = await this.#find(ownerId, webhookId, id);
    if (!found || (!found.webhook.isEnabled && found.record.event !== 'test')) {
      await this.#settle(webhookId, id, lease, found && { ...found.record, state: 'failed', nextAt: null });
      return;
    }
    const { webhook, record } = found;
    const now = Date.now();
    const secrets = webhook.secrets.filter(({ until }) => until === null || until > now);
    const signed = signatureHeaders(
      id,
      now,
      record.payload,
      secrets.map(({ text }) => text),
    );
    const attempt = await post(webhook.url, signed, record.payload, this.#options);
    this.#metrics.counter('links_webhook_attempts_total', 'Attempts to deliver a message').inc();
    await this.#note(ownerId, webhookId, record, attempt, lease);
  }

  async #note(
    ownerId: string,
    webhookId: string,
    record: DeliveryRecord,
    attempt: Attempt,
    lease: number,
  ): Promise<void> {
    const attempts = [...record.attempts, attempt];
    if (attempt.failure === null) {
      return this.#settle(webhookId, record.id, lease, {
        ...record,
        attempts,
        state: 'delivered',
        nextAt: null,
      });
    }
    const wait = RETRIES_MS[record.attempts.length];
    if (attempt.status === GONE || wait === undefined || record.event === 'test') {
      await this.#settle(webhookId, record.id, lease, { ...record, attempts, state: 'failed', nextAt: null });
      if (record.event !== 'test') await this.#disable(ownerId, webhookId, attempt.status === GONE);
      return;
    }
    const due = Date.now() + Math.round(wait * (0.9 + 0.2 * Math.random()));
    await this.#kv.transaction((tx) => {
      tx.remove(keys.dueDelivery(lease, record.id));
      schedule(tx, ownerId, webhookId, { ...record, attempts }, due);
    });
  }

  /** Writes what became of a delivery, and takes it off the queue. */
  async #settle(
    webhookId: string,
    id: string,
    lease: number,
    record: DeliveryRecord | undefined,
  ): Promise<void> {
    await this.#kv.transaction((tx) => {
      tx.remove(keys.dueDelivery(lease, id));
      if (record) tx.put(keys.delivery(webhookId, id), record);
    });
    await trim(this.#kv, webhookId);
  }

  async #find(
    ownerId: string,
    webhookId: string,
    id: string,
  ): Promise<{ webhook: WebhookRecord; record: DeliveryRecord } | undefined> {
    try {
      return {
        webhook: await this.#webhooks.find(ownerId, webhookId),
        record: await deliveryOf(this.#kv, webhookId, id),
      };
    } catch (error) {
      if (Problem.from(error).code === 'not_found') return undefined;
      throw error;
    }
  }

  async #disable(ownerId: string, id: string, gone: boolean): Promise<void> {
    const disabledBecause = gone ? 'gone' : 'failing';
    await this.#webhooks
      .change(ownerId, id, (webhook) => ({ ...webhook, isEnabled: false, disabledBecause }))
      .catch((error: unknown) => {
        if (Problem.from(error).code !== 'not_found') throw error;
      });
  }
}
