import { createHmac } from 'node:crypto';
import {
  type SignedEvent,
  type StandIn,
  serveWire,
  type Verdict,
  type WireAnswer,
  type WireRequest,
} from './stand-in.ts';

const KEY = 'sk_test_stand_in';
const SECRET = 'whsec_stand_in';

interface Intent {
  readonly id: string;
  readonly status: string;
  readonly customer: string;
  readonly metadata: Record<string, string>;
  readonly latest_charge: { receipt_url: string; amount_refunded: number } | null;
}

const ok = (json: unknown): WireAnswer => ({ status: 200, json });
const missing: WireAnswer = {
  status: 404,
  json: { error: { type: 'invalid_request_error', code: 'resource_missing' } },
};
const declined = (code: string): WireAnswer => ({
  status: 402,
  json: { error: { type: 'card_error', code: 'card_declined', decline_code: code } },
});

/** Stripe's API (docs.stripe.com/api), as far as the driver uses it: forms in, JSON out, idempotency keys kept. */
export async function openStripeStandIn(): Promise<StandIn> {
  const verdicts: Verdict[] = [];
  const charged: { id: string; amount: number }[] = [];
  const forgotten: string[] = [];
  const answers = new Map<string, WireAnswer>();
  const customers = new Map<string, { id: string; metadata: Record<string, string>; card: string | null }>();
  const sessions = new Map<
    string,
    { id: string; customer: string; reference: string; card: string | null }
  >();
  const intents: Intent[] = [];
  let events: { type: string; object: object }[] = [];
  let count = 0;
  const newId = (prefix: string) => `${prefix}_${++count}`;
  const cardOf = (card: string) => ({
    id: card,
    type: 'card',
    card: { brand: 'visa', last4: card.slice(-4) },
  });

  const charge = (form: URLSearchParams): WireAnswer | undefined => {
    const verdict = verdicts.shift() ?? 'approve';
    if (verdict === 'down') return undefined;
    if (verdict === 'no_money') return declined('insufficient_funds');
    if (verdict === 'expired') return declined('expired_card');
    if (forgotten.includes(form.get('payment_method') ?? '')) return missing;
    const metadata = { charge: form.get('metadata[charge]') ?? '' };
    const id = newId('pi');
    const receipt = { receipt_url: `https://pay.stripe.com/receipts/${id}`, amount_refunded: 0 };
    const made = {
      id,
      status: 'succeeded',
      customer: form.get('customer') ?? '',
      metadata,
      latest_charge: receipt,
    };
    intents.push(made);
    charged.push({ id: metadata.charge, amount: Number(form.get('amount')) });
    events.push({ type: 'payment_intent.succeeded', object: made });
    return verdict === 'lost' ? undefined : ok(made);
  };

  const post = (path: string, form: URLSearchParams): WireAnswer | undefined => {
    if (path === 'customers') {
      const made = {
        id: newId('cus'),
        metadata: { subscription: form.get('metadata[subscription]') ?? '' },
        card: null,
      };
      customers.set(made.id, made);
      return ok(made);
    }
    if (path === 'checkout/sessions') {
      const id = newId('cs');
      const reference = form.get('client_reference_id') ?? '';
      sessions.set(id, { id, customer: form.get('customer') ?? '', reference, card: null });
      return ok({ id, url: `https://checkout.stripe.com/c/${id}`, status: 'open' });
    }
    if (path === 'billing_portal/sessions') {
      return ok({ url: `https://billing.stripe.com/p/${form.get('customer')}` });
    }
    if (path === 'payment_intents') return charge(form);
    const detached = /^payment_methods\/(\w+)\/detach$/.exec(path)?.[1];
    if (!detached) return missing;
    forgotten.push(detached);
    return ok({ id: detached });
  };

  const get = (path: string, query: URLSearchParams): WireAnswer => {
    if (path === 'payment_intents') {
      return ok({ data: intents.filter(({ customer }) => customer === query.get('customer')) });
    }
    const session = sessions.get(path.replace('checkout/sessions/', ''));
    if (session) {
      const given = session.card ? { status: 'succeeded', payment_method: cardOf(session.card) } : null;
      const { id, customer, reference } = session;
      const status = given ? 'complete' : 'open';
      return ok({ id, customer, client_reference_id: reference, status, setup_intent: given });
    }
    const customer = customers.get(path.replace('customers/', ''));
    if (!customer) return missing;
    const chosen = customer.card ? cardOf(customer.card) : null;
    return ok({ ...customer, invoice_settings: { default_payment_method: chosen } });
  };

  const answer = ({ method, url, headers, body }: WireRequest): WireAnswer | undefined => {
    if (headers.authorization !== `Bearer ${KEY}`) return { status: 401, json: { error: { type: 'auth' } } };
    const path = url.pathname.replace('/v1/', '');
    if (method === 'GET') return get(path, url.searchParams);
    const name = headers['idempotency-key'] as string | undefined;
    const before = name && answers.get(name);
    if (before) return before;
    const lost = verdicts[0] === 'lost';
    const result = post(path, new URLSearchParams(body));
    // What was carried out is answered the same the next time, also when its first answer was lost.
    const kept = result ?? (lost ? ok(intents.at(-1)) : undefined);
    if (name && kept) answers.set(name, kept);
    return result;
  };

  const { base, close } = await serveWire(answer);
  return {
    ...{ url: `stripe:?api=${base}`, key: KEY, webhookSecret: SECRET, verdicts, charged, forgotten, close },
    give(checkout, last4) {
      const url = checkout.kind === 'redirect' ? checkout.url : '';
      const reference = url.slice(url.lastIndexOf('/') + 1);
      const card = newId(`pm_${last4}`).replace(/_(\d+)$/, `n$1x${last4}`);
      const at = sessions.get(reference) ?? customers.get(reference);
      if (!at) throw new Error('no such checkout');
      at.card = card;
      const type = reference.startsWith('cs_') ? 'checkout.session.completed' : 'customer.updated';
      events.push({ type, object: { id: reference } });
      return reference;
    },
    refund(id, amount) {
      const found = intents.find(({ metadata }) => metadata.charge === id);
      if (found?.latest_charge) found.latest_charge.amount_refunded = amount;
      events.push({ type: 'charge.refunded', object: { id: 'ch_1', metadata: { charge: id } } });
    },
    takeEvents() {
      const taken = events.map(({ type, object }) => signed({ id: newId('evt'), type, data: { object } }));
      events = [];
      return taken;
    },
  };
}

/** docs.stripe.com/webhooks#verify-manually */
export function signed(event: object, { at = Date.now(), secret = SECRET } = {}): SignedEvent {
  const body = JSON.stringify(event);
  const time = Math.floor(at / 1000);
  const mac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return { headers: { 'stripe-signature': `t=${time},v1=${mac}`, 'content-type': 'application/json' }, body };
}
