import { Problem } from '@ptsdly/contract';
import { z } from 'zod';
import type {
  ChargeOrder,
  ChargeResult,
  CheckoutOrder,
  PaymentEvent,
  PaymentMethod,
  Payments,
} from './payments.ts';
import { callProvider } from './provider-call.ts';
import { declineOfStripe, verifyStripe } from './stripe-words.ts';

export interface StripeOptions {
  readonly key: string;
  readonly webhookSecret: string;
  readonly baseUrl: string;
  /** Another address of the API, for tests. */
  readonly api: string | undefined;
}

/** The API as it was when this was written; Stripe keeps answering by it. */
const VERSION = '2024-06-20';
/** Our clock and theirs. */
const SKEW_SECONDS = 3600;

const method = z.object({
  id: z.string(),
  type: z.string(),
  card: z.object({ brand: z.string(), last4: z.string() }).nullish(),
});
const session = z.object({
  id: z.string(),
  url: z.string().nullish(),
  status: z.string().nullish(),
  client_reference_id: z.string().nullish(),
  customer: z.string().nullish(),
  setup_intent: z.object({ status: z.string(), payment_method: method.nullish() }).nullish(),
});
const customer = z.object({
  id: z.string(),
  metadata: z.record(z.string(), z.string()).default({}),
  invoice_settings: z.object({ default_payment_method: method.nullish() }).default({}),
});
const intent = z.object({
  id: z.string(),
  status: z.string(),
  metadata: z.record(z.string(), z.string()).default({}),
  last_payment_error: z.object({ code: z.string().nullish(), decline_code: z.string().nullish() }).nullish(),
  latest_charge: z
    .object({ receipt_url: z.string().nullish(), amount_refunded: z.int().default(0) })
    .nullish(),
});
type Intent = z.infer<typeof intent>;
const failure = z.object({
  error: z.object({
    type: z.string(),
    code: z.string().nullish(),
    decline_code: z.string().nullish(),
    param: z.string().nullish(),
  }),
});
const event = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({
    object: z.object({
      id: z.string(),
      customer: z.string().nullish(),
      metadata: z.record(z.string(), z.string()).nullish(),
    }),
  }),
});

/**
 * Stripe (docs.stripe.com/api): cards are set up in Checkout (`mode=setup`) and changed in the customer portal; a charge
 * is a confirmed off-session PaymentIntent under an idempotency key, and carries its id as metadata.
 */
export function stripe({ key, webhookSecret, baseUrl, api }: StripeOptions): Payments {
  const base = api ?? 'https://api.stripe.com';
  const back = `${baseUrl}/app/subscription`;
  const call = (verb: 'GET' | 'POST', path: string, form: Form = {}, idempotencyKey?: string) => {
    const body = encode(form);
    return callProvider(`${base}/v1/${path}${verb === 'GET' && body ? `?${body}` : ''}`, {
      method: verb,
      headers: {
        authorization: `Bearer ${key}`,
        'stripe-version': VERSION,
        ...(verb === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
      },
      ...(verb === 'POST' ? { body } : {}),
    });
  };
  const expect = async <S extends z.ZodType>(schema: S, ...args: Parameters<typeof call>) => {
    const { status, json } = await call(...args);
    if (status >= 400) throw new Problem('payment_unavailable', { cause: faultOf(status, json) });
    return schema.parse(json);
  };

  const customerOf = async ({ subscriptionId, customer: known }: CheckoutOrder): Promise<string> => {
    if (known) return known;
    const form = { 'metadata[subscription]': subscriptionId };
    return (await expect(customer, 'POST', 'customers', form, `customer-${subscriptionId}`)).id;
  };

  /** The page of Stripe on which somebody changes their card. */
  const portal = async (id: string) => {
    const done = `${back}?method=${id}`;
    const { url } = await expect(z.object({ url: z.string() }), 'POST', 'billing_portal/sessions', {
      ...{ customer: id, return_url: back, 'flow_data[type]': 'payment_method_update' },
      'flow_data[after_completion][type]': 'redirect',
      'flow_data[after_completion][redirect][return_url]': done,
    });
    return { checkout: { kind: 'redirect', url }, customer: id, reference: id } as const;
  };

  return {
    name: 'stripe',
    ways: ['card'],

    async checkout(order) {
      const id = await customerOf(order);
      if (order.replaces) return portal(id);
      const form = {
        ...{ mode: 'setup', customer: id, client_reference_id: order.subscriptionId },
        'payment_method_types[0]': 'card',
        success_url: `${back}?method={CHECKOUT_SESSION_ID}`,
        cancel_url: back,
      };
      const name = `checkout-${order.subscriptionId}-${order.number}`;
      const made = await expect(session, 'POST', 'checkout/sessions', form, name);
      if (!made.url) throw new Problem('payment_unavailable');
      return { checkout: { kind: 'redirect', url: made.url }, customer: id, reference: made.id };
    },

    async method(reference) {
      if (reference.startsWith('cus_')) return methodOfCustomer(reference);
      if (!reference.startsWith('cs_')) throw new Problem('payment_method_refused');
      const path = `checkout/sessions/${encodeURIComponent(reference)}`;
      const { status, json } = await call('GET', path, { 'expand[0]': 'setup_intent.payment_method' });
      if (status >= 400) throw new Problem('payment_method_refused', { cause: faultOf(status, json) });
      const found = session.parse(json);
      if (found.status === 'expired') throw new Problem('payment_method_refused');
      const given = found.setup_intent;
      if (given?.status !== 'succeeded' || !given.payment_method) return null;
      return described(given.payment_method, found.client_reference_id ?? '', found.customer ?? null);
    },

    async charge(order) {
      const { status, json } = await call('POST', 'payment_intents', formOf(order), order.id);
      if (status < 400) return resultOf(intent.parse(json));
      const { error } = failure.parse(json);
      if (error.type === 'card_error') return { state: 'declined', code: declineOfStripe(error) };
      if (error.code === 'resource_missing' || error.param === 'payment_method') {
        return { state: 'declined', code: 'method_gone' };
      }
      throw new Problem('payment_unavailable', { cause: faultOf(status, json) });
    },

    async lookup(order) {
      if (!order.customer) return null;
      const since = Math.floor(Date.parse(order.createdAt) / 1000) - SKEW_SECONDS;
      const form = {
        ...{ customer: order.customer, limit: '100', 'created[gte]': String(since) },
        'expand[0]': 'data.latest_charge',
      };
      const { data } = await expect(z.object({ data: z.array(intent) }), 'GET', 'payment_intents', form);
      const found = data.find(({ metadata }) => metadata.charge === order.id);
      return found ? resultOf(found) : null;
    },

    async receive(headers, body) {
      verifyStripe(headers.get('stripe-signature'), body, webhookSecret, Date.now() / 1000);
      return eventOf(event.parse(JSON.parse(body)));
    },

    async forget(id) {
      const { status, json } = await call('POST', `payment_methods/${encodeURIComponent(id)}/detach`);
      if (status === 401 || status === 403) {
        throw new Problem('payment_unavailable', { cause: faultOf(status, json) });
      }
    },
  };

  async function methodOfCustomer(id: string): Promise<PaymentMethod | null> {
    const path = `customers/${encodeURIComponent(id)}`;
    const expand = { 'expand[0]': 'invoice_settings.default_payment_method' };
    const { status, json } = await call('GET', path, expand);
    if (status >= 400) throw new Problem('payment_method_refused', { cause: faultOf(status, json) });
    const { metadata, invoice_settings: settings } = customer.parse(json);
    const chosen = settings.default_payment_method;
    return chosen ? described(chosen, metadata.subscription ?? '', id) : null;
  }
}

type Form = Readonly<Record<string, string>>;

const encode = (form: Form) => new URLSearchParams(form).toString();

function formOf({
  id,
  subscriptionId,
  customer: payer,
  method: by,
  amount,
  currency,
  name,
}: ChargeOrder): Form {
  return {
    ...{ amount: String(amount), currency: currency.toLowerCase(), payment_method: by, description: name },
    ...(payer ? { customer: payer } : {}),
    ...{ confirm: 'true', off_session: 'true', 'payment_method_types[0]': 'card' },
    ...{ 'metadata[charge]': id, 'metadata[subscription]': subscriptionId, 'expand[0]': 'latest_charge' },
  };
}

/** docs.stripe.com/payments/paymentintents/lifecycle */
function resultOf({ status, latest_charge: charge, last_payment_error: error }: Intent): ChargeResult {
  if (status === 'succeeded') {
    return { state: 'paid', receiptUrl: charge?.receipt_url ?? null, refunded: charge?.amount_refunded ?? 0 };
  }
  if (status === 'processing') return { state: 'pending' };
  if (status === 'requires_action') return { state: 'declined', code: 'authentication_needed' };
  return { state: 'declined', code: declineOfStripe(error ?? {}) };
}

function described(
  { id, type, card }: z.infer<typeof method>,
  subscriptionId: string,
  payer: string | null,
): PaymentMethod {
  const brand = card && card.brand.charAt(0).toUpperCase() + card.brand.slice(1);
  return { key: id, subscriptionId, customer: payer, label: card ? `${brand} •••• ${card.last4}` : type };
}

function eventOf({ id, type, data: { object } }: z.infer<typeof event>): PaymentEvent | null {
  const charge = object.metadata?.charge;
  if (/^(payment_intent|charge)\./.test(type) && charge) return { id, about: 'charge', subject: charge };
  if (type === 'checkout.session.completed') return { id, about: 'method', subject: object.id };
  if (type === 'customer.updated') return { id, about: 'method', subject: object.id };
  return null;
}

/** For our log; the answer of Stripe names no card. */
function faultOf(status: number, json: unknown): Error {
  const { error } = failure.safeParse(json).data ?? {};
  return new Error(
    `Stripe answered ${status} ${error?.type ?? ''} ${error?.code ?? ''} ${error?.param ?? ''}`,
  );
}
