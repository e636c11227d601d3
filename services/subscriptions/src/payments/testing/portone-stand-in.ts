import { Webhook } from 'standardwebhooks';
import { type StandIn, serveWire, type Verdict, type WireAnswer, type WireRequest } from './stand-in.ts';

const KEY = 'portone-api-secret';
const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;
const STORE = 'store-stand-in';

const ok = (json: unknown): WireAnswer => ({ status: 200, json });
const fault = (status: number, type: string, more: object = {}): WireAnswer => ({
  status,
  json: { type, message: 'stand-in', ...more },
});

interface Issued {
  status: 'ISSUED' | 'DELETED';
  readonly billingKey: string;
  readonly issueId: string;
  readonly customer: { readonly id: string };
  readonly methods: readonly object[];
}
interface Paid {
  status: string;
  readonly receiptUrl?: string;
  readonly amount?: { cancelled: number };
  readonly failure?: object;
}

/** PortOne's API (developers.portone.io/api/rest-v2), as far as the driver uses it; payments are kept by our ids. */
export async function openPortOneStandIn(): Promise<StandIn> {
  const verdicts: Verdict[] = [];
  const charged: { id: string; amount: number }[] = [];
  const forgotten: string[] = [];
  const keys = new Map<string, Issued>();
  const payments = new Map<string, Paid>();
  let events: { type: string; data: object }[] = [];
  let count = 0;
  const tell = (type: string, data: object) => events.push({ type, data: { storeId: STORE, ...data } });

  const pay = (id: string, body: string): WireAnswer | undefined => {
    const { billingKey, amount } = JSON.parse(body) as { billingKey: string; amount: { total: number } };
    if (payments.get(id)?.status === 'PAID') return fault(409, 'ALREADY_PAID');
    const verdict = verdicts.shift() ?? 'approve';
    if (verdict === 'down') return undefined;
    const key = keys.get(billingKey);
    if (!key) return fault(404, 'BILLING_KEY_NOT_FOUND');
    if (key.status === 'DELETED') return fault(409, 'BILLING_KEY_ALREADY_DELETED');
    if (verdict === 'no_money' || verdict === 'expired') {
      const pgCode = verdict === 'expired' ? 'INVALID_CARD_EXPIRATION' : 'NOT_ENOUGH_BALANCE';
      payments.set(id, { status: 'FAILED', failure: { pgCode } });
      tell('Transaction.Failed', { paymentId: id, transactionId: `tx-${id}` });
      return fault(502, 'PG_PROVIDER', { pgCode, pgMessage: 'declined' });
    }
    const receiptUrl = `https://dashboard.tosspayments.com/receipt/${id}`;
    payments.set(id, { status: 'PAID', receiptUrl, amount: { cancelled: 0 } });
    charged.push({ id, amount: amount.total });
    tell('Transaction.Paid', { paymentId: id, transactionId: `tx-${id}` });
    return verdict === 'lost'
      ? undefined
      : ok({ payment: { pgTxId: `pg-${id}`, paidAt: new Date().toISOString() } });
  };

  const answer = ({ method, url, headers, body }: WireRequest): WireAnswer | undefined => {
    if (headers.authorization !== `PortOne ${KEY}`) return fault(401, 'UNAUTHORIZED');
    const [, kind, name = '', action] = url.pathname.split('/').map(decodeURIComponent);
    if (kind === 'billing-keys' && name === '') {
      const { filter } = JSON.parse(url.searchParams.get('requestBody') ?? '{}') as {
        filter: { customerId: string };
      };
      const items = [...keys.values()].filter(({ customer }) => customer.id === filter.customerId);
      return ok({ items, page: { number: 0, size: 100, totalCount: items.length } });
    }
    if (kind === 'billing-keys') {
      const key = keys.get(name);
      if (!key) return fault(404, 'BILLING_KEY_NOT_FOUND');
      if (method === 'GET') return ok(key);
      key.status = 'DELETED';
      forgotten.push(name);
      return ok({ deletedAt: new Date().toISOString() });
    }
    if (action === 'billing-key') return pay(name, body);
    const payment = payments.get(name);
    return payment ? ok(payment) : fault(404, 'PAYMENT_NOT_FOUND');
  };

  const { base, close } = await serveWire(answer);
  return {
    url: `portone:${STORE}?card=channel-key-card&kakaopay=channel-key-kakao&api=${base}`,
    ...{ key: KEY, webhookSecret: SECRET, verdicts, charged, forgotten, close },
    give(checkout, last4) {
      if (checkout.kind !== 'portone') throw new Error('not a checkout of PortOne');
      const { issueId, customer } = checkout.request as { issueId: string; customer: { customerId: string } };
      const billingKey = `billing-key-${++count}`;
      const methods = [
        {
          type: 'BillingKeyPaymentMethodCard',
          card: { name: '신한카드', number: `4518-42**-****-${last4}` },
        },
      ];
      keys.set(billingKey, {
        status: 'ISSUED',
        billingKey,
        issueId,
        customer: { id: customer.customerId },
        methods,
      });
      tell('BillingKey.Issued', { billingKey });
      return billingKey;
    },
    refund(id, amount) {
      payments.set(id, { ...(payments.get(id) as Paid), status: 'CANCELLED', amount: { cancelled: amount } });
      tell('Transaction.Cancelled', { paymentId: id, transactionId: `tx-${id}`, cancellationId: 'c1' });
    },
    takeEvents() {
      const taken = events.map((event) => signedByPortOne({ ...event, timestamp: new Date().toISOString() }));
      events = [];
      return taken;
    },
  };
}

/** standardwebhooks.com */
export function signedByPortOne(
  event: object,
  { at = new Date(), id = `wh-${Math.random()}`, secret = SECRET } = {},
) {
  const body = JSON.stringify(event);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
    'content-type': 'application/json',
  };
  return { headers, body };
}
