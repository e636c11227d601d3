import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChargeResult } from '../payments/payments.ts';
import { type BillingWorld, openBilling } from '../testing/payments.ts';
import { listRefundsDue } from './entries.ts';

let world: BillingWorld;
beforeEach(async () => {
  world = await openBilling('portone');
});
afterEach(() => world.close());

/** The provider says of a charge that it was paid after all. */
const paidAfterAll = (id: string, refunded = 0) => {
  const result: ChargeResult = { state: 'paid', receiptUrl: null, refunded };
  return world.billing.transaction((work) => world.billing.settlement.settle(work, id, result));
};

test('an invoice that is paid twice is listed until one charge is given back, and its receipt stays', async () => {
  const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
  world.standIn.verdicts.push('no_money');
  await world.give(made, '1111');
  await world.give(made, '2222');
  expect(await listRefundsDue(world.db)).toEqual([]);
  const chargeId = `${made.id}-1-1`;
  await paidAfterAll(chargeId);
  await paidAfterAll(chargeId);
  const due = { chargeId, subscriptionId: made.id, userId: 'ann', amount: 3000, currency: 'KRW' };
  expect(await listRefundsDue(world.db)).toMatchObject([{ ...due, why: 'paid_twice' }]);
  await paidAfterAll(chargeId, 1000);
  expect(await listRefundsDue(world.db)).toHaveLength(1);
  await paidAfterAll(chargeId, 3000);
  expect(await listRefundsDue(world.db)).toEqual([]);
  expect(await world.subscriptions.invoices('ann', made.id)).toMatchObject([{ state: 'paid', refunded: 0 }]);
});

test('what was paid for a subscription that has ended is listed, also when the account is gone', async () => {
  const { id } = await world.subscribe('basic');
  world.standIn.verdicts.push('no_money');
  await world.pass(30.1);
  await world.subscriptions.cancel('ann', id, 'now');
  await paidAfterAll(`${id}-2-1`);
  await world.subscriptions.userDeleted('ann');
  expect(await listRefundsDue(world.db)).toMatchObject([{ chargeId: `${id}-2-1`, userId: '', why: 'ended' }]);
  await paidAfterAll(`${id}-2-1`, 3000);
  expect(await listRefundsDue(world.db)).toEqual([]);
});
