import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { bytes, idParams, timestamp } from './fields.ts';
import { refundsApi } from './refund.ts';
import { serverState, serversApi } from './subscriptions.ts';

/** Plans, subscriptions and what is paid for them. Money is in minor units of its currency (KRW has none). */

export const money = z.object({ amount: z.int(), currency: z.string().length(3) });
export type Money = z.infer<typeof money>;

export const planInterval = z.enum(['month', 'year']);
export type PlanInterval = z.infer<typeof planInterval>;

export const plan = z.object({
  id: z.string().min(1).max(40),
  /** Shown name by language. */
  name: z.object({ ko: z.string(), en: z.string() }),
  price: z.object({
    amount: z.int().nonnegative(),
    currency: z.string().length(3),
    interval: planInterval,
  }),
  storageBytes: bytes,
  /** Bytes a month that viewers and the owner may fetch. */
  transferBytes: bytes,
  concurrentViewers: z.int().positive(),
  /** Conversions at once. */
  transcodeShare: z.int().positive().default(1),
  /** Days before the first charge, once for an account; a payment method is asked for at once. */
  trialDays: z.int().nonnegative().max(365).default(0),
  /** False: whoever has it keeps it, and nobody can choose it any more. */
  offered: z.boolean().default(true),
});
export type Plan = z.infer<typeof plan>;

/** `none`: nothing is charged, whatever the plans cost. */
export const paymentProvider = z.enum(['none', 'stripe', 'portone']);
export type PaymentProvider = z.infer<typeof paymentProvider>;

export const subscriptionState = z.enum([
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'canceled',
  'ended',
]);
export type SubscriptionState = z.infer<typeof subscriptionState>;

/**
 * Where the newest charge stands. `method_needed`: a payment method has to be given. `pending`: the provider has not
 * said yet. `declined`: see `declineCode`; another method or another try may help.
 */
export const paymentState = z.enum(['settled', 'method_needed', 'pending', 'declined']);

/** Why a charge was declined, as far as a person can do something about it. */
export const declineCode = z.enum([
  'insufficient_funds',
  'expired_method',
  'limit_exceeded',
  'authentication_needed',
  'method_gone',
  'not_allowed',
  'declined',
]);
export type DeclineCode = z.infer<typeof declineCode>;

export const subscription = z.object({
  id: z.string(),
  planId: z.string(),
  state: subscriptionState,
  server: z.object({ id: z.string(), slug: z.string(), state: serverState, url: z.string() }),
  createdAt: timestamp,
  canceledAt: timestamp.nullable(),
  /** What is paid for, or given; null before the first payment and after the end. */
  periodStart: timestamp.nullable(),
  periodEnd: timestamp.nullable(),
  trialEndsAt: timestamp.nullable(),
  /** It was canceled and runs until then. */
  endsAt: timestamp.nullable(),
  /** The plan from `periodEnd` on, where it changes then. */
  nextPlanId: z.string().nullable(),
  nextCharge: money.extend({ at: timestamp }).nullable(),
  /** The payment method as its owner knows it, such as `Visa •••• 4242`. */
  method: z.string().nullable(),
  payment: paymentState,
  declineCode: declineCode.nullable(),
  /** When a declined charge is tried again by itself. */
  retryAt: timestamp.nullable(),
  /** An operator has suspended the server: why. */
  suspendedFor: z.string().nullable(),
  /** When the data of an ended subscription is removed for ever. */
  purgeAt: timestamp.nullable(),
  /** The stopped server runs until then, for downloads only. */
  exportUntil: timestamp.nullable(),
});
export type Subscription = z.infer<typeof subscription>;

/** A line of an invoice or preview; a credit is negative. */
export const invoiceLine = z.object({
  kind: z.enum(['plan', 'credit']),
  planId: z.string(),
  from: timestamp,
  to: timestamp,
  amount: z.int(),
});
export type InvoiceLine = z.infer<typeof invoiceLine>;

export const changePreview = z.object({
  planId: z.string(),
  /** `now`: pro-rated and charged at once. `period_end`: a cheaper plan waits for what is paid to run out. */
  effective: z.enum(['now', 'period_end']),
  /** The moment that was counted with; send it with the change, and it costs exactly this. Good for ten minutes. */
  at: timestamp,
  lines: z.array(invoiceLine),
  dueNow: money,
  nextCharge: money.extend({ at: timestamp }).nullable(),
  /** More is stored than the plan has room for: the change is refused. */
  fits: z.boolean(),
});
export type ChangePreview = z.infer<typeof changePreview>;

export const invoice = money.extend({
  id: z.string(),
  state: z.enum(['open', 'paid', 'void', 'uncollectible']),
  lines: z.array(invoiceLine),
  createdAt: timestamp,
  paidAt: timestamp.nullable(),
  refunded: z.int().nonnegative(),
  method: z.string().nullable(),
  /** The receipt that the provider shows. */
  receiptUrl: z.url().nullable(),
});
export type Invoice = z.infer<typeof invoice>;

/** How a payment method is given: on a page of the provider, or in a window that its script opens. */
export const checkout = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('redirect'), url: z.url() }),
  z.object({
    kind: z.literal('portone'),
    /** Address of its browser SDK. */
    script: z.url(),
    /** What `PortOne.requestIssueBillingKey` is called with. */
    request: z.record(z.string(), z.unknown()),
  }),
]);
export type Checkout = z.infer<typeof checkout>;

/** Ways to pay, as a provider offers them; the plans say which there are. */
export const paymentWay = z.enum(['card', 'kakaopay', 'tosspay']);
export type PaymentWay = z.infer<typeof paymentWay>;

const planId = z.string().max(40);
const timeZone = z
  .string()
  .max(64)
  .refine((zone) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
    } catch {
      return false;
    }
  }, 'there is no such time zone');

export const subscriptionsApi = {
  plans: endpoint({
    method: 'GET',
    path: '/api/plans',
    access: 'open',
    summary: 'The plans on offer, and how they are paid',
    response: z.object({
      items: z.array(plan),
      payments: paymentProvider,
      ways: z.array(paymentWay),
    }),
  }),
  subscribe: endpoint({
    method: 'POST',
    path: '/api/subscriptions',
    access: 'user',
    summary:
      'Subscribe; a server is created once it is paid for. Idempotent under Idempotency-Key. ' +
      '`incomplete`: a payment method is needed (checkout)',
    body: z.object({
      planId,
      serverName: z.string().trim().min(1).max(60).optional(),
      /** Whose midnight and month ends count; Asia/Seoul where not given. */
      timeZone: timeZone.optional(),
    }),
    status: 201,
    response: subscription,
    problems: ['already_subscribed', 'invalid_fields'],
  }),
  listSubscriptions: endpoint({
    method: 'GET',
    path: '/api/subscriptions',
    access: 'user',
    scope: 'account:read',
    summary: 'My subscriptions, the live one first',
    response: z.object({ items: z.array(subscription) }),
  }),
  getSubscription: endpoint({
    method: 'GET',
    path: '/api/subscriptions/:id',
    access: 'user',
    scope: 'account:read',
    summary: 'One subscription',
    params: idParams,
    response: subscription,
    problems: ['not_found'],
  }),
  previewChange: endpoint({
    method: 'GET',
    path: '/api/subscriptions/:id/preview/:planId',
    access: 'user',
    scope: 'account:read',
    summary: 'What a change of plan would cost, and when it would take effect',
    params: idParams.extend({ planId }),
    response: changePreview,
    problems: ['not_found', 'invalid_fields', 'conflict'],
  }),
  changePlan: endpoint({
    method: 'PATCH',
    path: '/api/subscriptions/:id',
    access: 'user',
    summary: 'Change the plan: a dearer one now and pro-rated, a cheaper one at the end of the period',
    params: idParams,
    body: z.object({ planId, previewedAt: timestamp.optional() }),
    response: subscription,
    problems: [
      'not_found',
      'invalid_fields',
      'conflict',
      'preview_outdated',
      'payment_declined',
      'payment_method_needed',
    ],
  }),
  cancel: endpoint({
    method: 'DELETE',
    path: '/api/subscriptions/:id',
    access: 'user',
    summary:
      'Cancel. What is paid for runs to its end (`when=now`: not even that); then the server stops, and its data ' +
      'is kept until `purgeAt`',
    params: idParams,
    query: z.object({ when: z.enum(['now', 'period_end']).default('period_end') }),
    response: subscription,
    problems: ['not_found'],
  }),
  resume: endpoint({
    method: 'POST',
    path: '/api/subscriptions/:id/resume',
    access: 'user',
    summary: 'Take a cancellation or a planned change back; an ended subscription begins anew with its data',
    params: idParams,
    response: subscription,
    problems: ['not_found', 'conflict', 'already_subscribed', 'payment_declined', 'payment_method_needed'],
  }),
  checkout: endpoint({
    method: 'POST',
    path: '/api/subscriptions/:id/checkout',
    access: 'user',
    summary: 'Give a payment method, or another one, at the provider; card data never comes here',
    params: idParams,
    body: z.object({ way: paymentWay.optional() }),
    response: checkout,
    problems: ['not_found', 'conflict', 'payment_unavailable'],
  }),
  setMethod: endpoint({
    method: 'PUT',
    path: '/api/subscriptions/:id/method',
    access: 'user',
    summary:
      'Back from the checkout: the method is looked up at the provider, and what is open is charged at once',
    params: idParams,
    body: z.object({ reference: z.string().min(1).max(300) }),
    response: subscription,
    problems: ['not_found', 'conflict', 'payment_method_refused', 'payment_unavailable'],
  }),
  pay: endpoint({
    method: 'POST',
    path: '/api/subscriptions/:id/pay',
    access: 'user',
    summary: 'Try a declined charge again now',
    params: idParams,
    response: subscription,
    problems: ['not_found', 'conflict', 'payment_method_needed'],
  }),
  exportData: endpoint({
    method: 'POST',
    path: '/api/subscriptions/:id/export',
    access: 'user',
    summary: 'Run the stopped server for a day, for downloads only',
    params: idParams,
    response: subscription,
    problems: ['not_found', 'conflict'],
  }),
  listInvoices: endpoint({
    method: 'GET',
    path: '/api/subscriptions/:id/invoices',
    access: 'user',
    scope: 'account:read',
    summary: 'What was charged, newest first: the receipts',
    params: idParams,
    response: z.object({ items: z.array(invoice) }),
    problems: ['not_found'],
  }),
  ...serversApi,
  ...refundsApi,
} as const;
