import type { Plan, Subscription } from '@ptsdly/contract';
import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { Billing } from '../billing/billing.ts';
import { Changes } from '../changes.ts';
import { openPayments } from '../payments/open-payments.ts';
import { openPortOneStandIn } from '../payments/testing/portone-stand-in.ts';
import type { StandIn } from '../payments/testing/stand-in.ts';
import { openStripeStandIn } from '../payments/testing/stripe-stand-in.ts';
import { Plans } from '../plans.ts';
import { migrations, type Tables } from '../schema.ts';
import { Servers } from '../servers.ts';
import { Subscriptions } from '../subscriptions.ts';
import { ManualClock } from './fake-host.ts';

const GB = 1_000_000_000;
const limits = { transferBytes: GB, concurrentViewers: 5, transcodeShare: 1, offered: true };
const plan = (id: string, amount: number, more: Partial<Plan> = {}): Plan => ({
  ...{ id, name: { ko: id, en: id }, price: { amount, currency: 'KRW', interval: 'month' } },
  ...{ storageBytes: 10 * GB, trialDays: 0, ...limits, ...more },
});
export const testPlans: readonly Plan[] = [
  plan('free', 0),
  plan('basic', 3000, { storageBytes: 20 * GB }),
  plan('big', 9000, { storageBytes: 90 * GB }),
  plan('tried', 3000, { trialDays: 14 }),
  plan('yearly', 30_000, { price: { amount: 30_000, currency: 'KRW', interval: 'year' } }),
  plan('old', 1000, { offered: false }),
];

/** Of a service that is charged by a stand-in. */
export const paymentsOf = ({ url, key, webhookSecret }: Pick<StandIn, 'url' | 'key' | 'webhookSecret'>) => ({
  ...{ url, key, webhookSecret },
  baseUrl: 'https://ptsdly.example',
});

/** Billing on a real database and a provider's wire protocol, with time that tests move. */
export async function openBilling(provider: 'stripe' | 'portone') {
  const standIn = await (provider === 'stripe' ? openStripeStandIn() : openPortOneStandIn());
  const db = await openDatabase<Tables>(newDatabase(), migrations);
  const clock = new ManualClock();
  const { key, webhookSecret, url } = standIn;
  const secrets = { key, webhookSecret, baseUrl: 'https://ptsdly.example' };
  const payments = await openPayments(url, { ...secrets, log: silentLog });
  const servers = new Servers({ db, clock, bell: new Bell(), changes: new Changes(), log: silentLog });
  const shared = { servers, clock, nudge: () => undefined, random: () => 1, log: silentLog };
  const billing = new Billing({ ...shared, plans: new Plans(testPlans), payments });
  const subscriptions = new Subscriptions({ servers, billing, clock, storage: 'local', database: 'file' });

  /** Lets time pass, doing each piece of work when it is due. */
  const pass = async (days: number) => {
    const until = clock.now() + days * 24 * 3600_000;
    for (;;) {
      await billing.clockwork.once();
      const next = await billing.due.next();
      if (next === null || next > until) break;
      clock.advance(Math.max(0, next - clock.now()));
    }
    clock.advance(until - clock.now());
    await billing.clockwork.once();
  };
  const deliver = async (events = standIn.takeEvents()) => {
    for (const { headers, body } of events) await billing.methods.receive(new Headers(headers), body);
    await billing.clockwork.once();
  };
  /** Goes to the provider, gives a card and comes back. */
  const give = async ({ id }: Pick<Subscription, 'id'>, last4 = '4242', user = 'ann') => {
    const reference = standIn.give(await subscriptions.checkout(user, id, undefined), last4);
    return subscriptions.setMethod(user, id, reference);
  };
  const subscribe = async (planId: string, user = 'ann') => {
    const made = await subscriptions.subscribe(user, { planId });
    return give(made, '4242', user);
  };
  const letters = async () => {
    const rows = await db.selectFrom('outbox').select('data').orderBy('seq').execute();
    const facts = rows.map(({ data }) => JSON.parse(data) as { type: string; kind: string });
    return facts.filter(({ type }) => type === 'letter.wanted').map(({ kind }) => kind);
  };
  const server = async (id: string) =>
    db.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const close = async () => {
    await db.destroy();
    await standIn.close();
  };
  const world = { standIn, db, clock, payments, servers, billing, subscriptions };
  return { ...world, pass, deliver, give, subscribe, letters, server, close };
}

export type BillingWorld = Awaited<ReturnType<typeof openBilling>> & { readonly standIn: StandIn };
