import { type PaymentWay, Problem, paymentWay } from '@ptsdly/contract';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { ChargeOrder, ChargeResult, PaymentEvent, PaymentMethod, Payments } from './payments.ts';
import { declineOfPg } from './portone-words.ts';
import { callProvider } from './provider-call.ts';

export interface PortOneOptions {
  readonly key: string;
  readonly webhookSecret: string;
  readonly baseUrl: string;
  readonly storeId: string;
  /** `card`, `kakaopay`, `tosspay`: the channel key of each way to pay; `api`, `script`: other addresses. */
  readonly channels: URLSearchParams;
}

const card = z.object({ name: z.string().nullish(), number: z.string().nullish() });
const billingKey = z.object({
  status: z.string(),
  billingKey: z.string().optional(),
  issueId: z.string().nullish(),
  customer: z.object({ id: z.string().nullish() }).nullish(),
  methods: z
    .array(z.object({ type: z.string(), provider: z.string().nullish(), card: card.nullish() }))
    .nullish(),
});
const payment = z.object({
  status: z.string(),
  receiptUrl: z.string().nullish(),
  amount: z.object({ cancelled: z.int().default(0) }).nullish(),
  failure: z.object({ pgCode: z.string().nullish(), reason: z.string().nullish() }).nullish(),
});
const fault = z.object({ type: z.string(), pgCode: z.string().nullish(), message: z.string().nullish() });
const event = z.object({
  type: z.string(),
  data: z.object({ paymentId: z.string().optional(), billingKey: z.string().optional() }).default({}),
});

const easyPay = { kakaopay: 'KAKAOPAY', tosspay: 'TOSSPAY' } as const;
/** developers.portone.io/sdk/ko/v2-sdk */
const BROWSER_SDK = 'https://cdn.portone.io/v2/browser-sdk.js';
/** A checkout is found by its own id where only the browser knew the key that came of it. */
const ISSUE = 'issue:';

/**
 * PortOne V2 (developers.portone.io/api/rest-v2): Toss Payments, KakaoPay and others by billing keys, which its window
 * issues in the browser. Payment ids are ours, and a paid one answers `ALREADY_PAID`, so asking twice charges once.
 */
export function portone({ key, webhookSecret, baseUrl, storeId, channels }: PortOneOptions): Payments {
  const base = channels.get('api') ?? 'https://api.portone.io';
  const ways = paymentWay.options.filter((way) => channels.has(way));
  if (!/^store-[\w-]+$/.test(storeId) || ways.length === 0) {
    throw new Error('portone: needs a store and a channel: portone:store-…?card=channel-key-…');
  }
  const script = channels.get('script') ?? BROWSER_SDK;
  const webhook = new Webhook(webhookSecret);
  const call = (verb: 'GET' | 'POST' | 'DELETE', path: string, body?: object, idempotencyKey?: string) =>
    callProvider(
      `${base}${path}`,
      {
        method: verb,
        headers: {
          authorization: `PortOne ${key}`,
          'content-type': 'application/json',
          // A structured field string (draft-ietf-httpapi-idempotency-key-header).
          ...(idempotencyKey ? { 'idempotency-key': `"${idempotencyKey}"` } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      },
      // What the payment company declines comes with 502.
      ({ json }) => fault.safeParse(json).data?.type === 'PG_PROVIDER',
    );

  async function lookup({ id }: Pick<ChargeOrder, 'id'>): Promise<ChargeResult | null> {
    const path = `/payments/${encodeURIComponent(id)}?storeId=${storeId}`;
    const { status, json } = await call('GET', path);
    if (status === 404) return null;
    if (status >= 400) throw unavailable(status, json);
    return resultOf(payment.parse(json));
  }

  /** The key that was issued in a checkout of ours. */
  async function keyOfIssue(issueId: string): Promise<string | null> {
    const customerId = issueId.slice(0, issueId.lastIndexOf('-'));
    const request = { page: { number: 0, size: 100 }, filter: { storeId, customerId, status: ['ISSUED'] } };
    const query = new URLSearchParams({ requestBody: JSON.stringify(request) });
    const { status, json } = await call('GET', `/billing-keys?${query}`);
    if (status >= 400) throw unavailable(status, json);
    const { items } = z.object({ items: z.array(billingKey).default([]) }).parse(json);
    return items.find((item) => item.issueId === issueId)?.billingKey ?? null;
  }

  return {
    name: 'portone',
    ways,

    async checkout({ subscriptionId, number, way = ways[0] as PaymentWay }) {
      const channelKey = channels.get(way);
      if (!channelKey) throw new Problem('conflict', { detail: 'This way to pay is not offered here.' });
      const issueId = `${subscriptionId}-${number}`;
      const request = {
        ...{ storeId, channelKey, issueId, issueName: 'PTSD.ly' },
        ...(way === 'card'
          ? { billingKeyMethod: 'CARD' }
          : { billingKeyMethod: 'EASY_PAY', easyPay: { easyPayProvider: easyPay[way] } }),
        customer: { customerId: subscriptionId },
        redirectUrl: `${baseUrl}/app/subscription`,
      };
      const checkout = { kind: 'portone', script, request } as const;
      return { checkout, customer: subscriptionId, reference: `${ISSUE}${issueId}` };
    },

    async method(reference) {
      const isIssue = reference.startsWith(ISSUE);
      const found = isIssue ? await keyOfIssue(reference.slice(ISSUE.length)) : reference;
      if (found === null) return null;
      const { status, json } = await call(
        'GET',
        `/billing-keys/${encodeURIComponent(found)}?storeId=${storeId}`,
      );
      if (status === 404) throw new Problem('payment_method_refused');
      if (status >= 400) throw unavailable(status, json);
      const info = billingKey.parse(json);
      if (info.status !== 'ISSUED') throw new Problem('payment_method_refused');
      return described(found, info);
    },

    async charge(order) {
      const path = `/payments/${encodeURIComponent(order.id)}/billing-key`;
      const { status, json } = await call('POST', path, bodyOf(order, storeId), order.id);
      if (status < 400) return (await lookup(order).catch(() => null)) ?? paid;
      const { type, pgCode } = fault.parse(json);
      if (type === 'ALREADY_PAID') return (await lookup(order).catch(() => null)) ?? paid;
      if (type === 'PG_PROVIDER') return { state: 'declined', code: declineOfPg(pgCode) };
      if (type === 'BILLING_KEY_NOT_FOUND' || type === 'BILLING_KEY_ALREADY_DELETED') {
        return { state: 'declined', code: 'method_gone' };
      }
      throw unavailable(status, json);
    },

    lookup,

    async receive(headers, body) {
      try {
        webhook.verify(body, Object.fromEntries(headers));
      } catch (cause) {
        throw new Problem('bad_request', { detail: 'The signature of the event is not valid.', cause });
      }
      return eventOf(headers.get('webhook-id') ?? '', event.parse(JSON.parse(body)));
    },

    async forget(id) {
      const { status, json } = await call(
        'DELETE',
        `/billing-keys/${encodeURIComponent(id)}?storeId=${storeId}`,
      );
      if (status >= 400 && status !== 404 && status !== 409) throw unavailable(status, json);
    },
  };
}

const paid: ChargeResult = { state: 'paid', receiptUrl: null, refunded: 0 };

function bodyOf({ method, name, subscriptionId, amount, currency }: ChargeOrder, storeId: string) {
  const customer = { id: subscriptionId };
  return { storeId, billingKey: method, orderName: name, customer, amount: { total: amount }, currency };
}

/** `PaymentStatus` of the API; a canceled payment was paid and given back. */
function resultOf({ status, receiptUrl, amount, failure }: z.infer<typeof payment>): ChargeResult {
  switch (status) {
    case 'PAID':
    case 'PARTIAL_CANCELLED':
    case 'CANCELLED':
      return { state: 'paid', receiptUrl: receiptUrl ?? null, refunded: amount?.cancelled ?? 0 };
    case 'FAILED':
      return { state: 'declined', code: declineOfPg(failure?.pgCode) };
    default:
      return { state: 'pending' };
  }
}

const providerNames: Readonly<Record<string, string>> = { KAKAOPAY: '카카오페이', TOSSPAY: '토스페이' };

function described(key: string, { customer, methods }: z.infer<typeof billingKey>): PaymentMethod {
  const [first] = methods ?? [];
  const digits = (first?.card?.number ?? '').replace(/\D+/g, '').slice(-4);
  const name = first?.card?.name ?? '카드';
  const label = first?.provider
    ? (providerNames[first.provider] ?? first.provider)
    : `${name}${digits ? ` •••• ${digits}` : ''}`;
  return { key, subscriptionId: customer?.id ?? '', customer: customer?.id ?? null, label };
}

function eventOf(id: string, { type, data }: z.infer<typeof event>): PaymentEvent | null {
  if (type.startsWith('Transaction.') && data.paymentId) {
    return { id, about: 'charge', subject: data.paymentId };
  }
  if (type === 'BillingKey.Issued' && data.billingKey) {
    return { id, about: 'method', subject: data.billingKey };
  }
  return null; // types that come later are to be ignored
}

function unavailable(status: number, json: unknown): Problem {
  const { type = '' } = fault.safeParse(json).data ?? {};
  const cause = new Error(`PortOne answered ${status} ${type}`);
  return new Problem('payment_unavailable', { retryAfter: 10, cause });
}
