import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BillingWorld, openBilling } from '../testing/payments.ts';

let world: BillingWorld;
const now = (id: string) => world.subscriptions.get('ann', id);
const amounts = () => world.standIn.charged.map(({ amount }) => amount);
const ids = () => world.standIn.charged.map(({ id }) => id);

/** The same life of a subscription on the wire protocol of each provider. */
describe.each(['stripe', 'portone'] as const)('%s', (provider) => {
  beforeEach(async () => {
    world = await openBilling(provider);
  });
  afterEach(() => world.close());

  test('a server is made once the first charge is paid, and not before', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    expect(made).toMatchObject({
      state: 'incomplete',
      payment: 'method_needed',
      server: { state: 'requested' },
    });
    expect(await world.server(made.server.id)).toMatchObject({ desired: 'held', nextRunAt: null });
    const paid = await world.give(made);
    expect(paid).toMatchObject({
      ...{ state: 'active', payment: 'settled', method: expect.stringContaining('4242') },
      ...{ periodStart: '2026-11-23T00:00:00.000Z', periodEnd: '2026-12-23T00:00:00.000Z' },
      nextCharge: { amount: 3000, currency: 'KRW', at: '2026-12-23T00:00:00.000Z' },
    });
    expect(await world.server(made.server.id)).toMatchObject({ desired: 'running' });
    expect(world.standIn.charged).toEqual([{ id: `${made.id}-1-1`, amount: 3000 }]);
    expect(await world.subscriptions.invoices('ann', made.id)).toMatchObject([
      { state: 'paid', amount: 3000, method: paid.method, receiptUrl: expect.stringMatching(/^https:/) },
    ]);
    expect(await world.letters()).toEqual(['payment-receipt']);
  });

  test('a year goes by: twelve more charges, each once, and all events told late and twice', async () => {
    const { id } = await world.subscribe('basic');
    await world.pass(365);
    expect(amounts()).toEqual(Array.from({ length: 13 }, () => 3000));
    expect(new Set(ids()).size).toBe(13);
    const events = world.standIn.takeEvents();
    expect(events.length).toBeGreaterThanOrEqual(13);
    const before = await now(id);
    await world.deliver([...events, ...events].reverse());
    expect(await now(id)).toEqual(before);
    expect(before).toMatchObject({ state: 'active', periodEnd: '2027-12-23T00:00:00.000Z' });
    expect(await world.letters()).toEqual(Array.from({ length: 13 }, () => 'payment-receipt'));
    expect((await world.subscriptions.invoices('ann', id)).every(({ state }) => state === 'paid')).toBe(true);
  });

  test('the browser never comes back: the event brings the method, and the charge', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    world.standIn.give(await world.subscriptions.checkout('ann', made.id, undefined), '1111');
    await world.deliver();
    expect(await now(made.id)).toMatchObject({ state: 'active', method: expect.stringContaining('1111') });
    expect(amounts()).toEqual([3000]);
  });

  test('neither browser nor event come: the sweeper looks', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    world.standIn.give(await world.subscriptions.checkout('ann', made.id, undefined), '1111');
    world.standIn.takeEvents();
    await world.pass(0.01);
    expect(await now(made.id)).toMatchObject({ state: 'active' });
  });

  test('a charge whose answer is lost is found, never charged twice', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    world.standIn.verdicts.push('lost');
    expect(await world.give(made)).toMatchObject({ state: 'incomplete', payment: 'pending' });
    await expect(world.subscriptions.pay('ann', made.id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(world.subscriptions.cancel('ann', made.id, 'now')).rejects.toMatchObject({
      code: 'conflict',
    });
    world.standIn.takeEvents();
    await world.pass(0.01);
    expect(await now(made.id)).toMatchObject({ state: 'active', payment: 'settled' });
    expect(amounts()).toEqual([3000]);
  });

  test('a provider that is away is asked again under the same id', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    world.standIn.verdicts.push('down', 'down', 'down');
    expect(await world.give(made)).toMatchObject({ payment: 'pending' });
    await world.pass(0.1);
    expect(await now(made.id)).toMatchObject({ state: 'active' });
    expect(ids()).toEqual([`${made.id}-1-1`]);
  });

  test('a first charge that is declined waits for another card, which pays at once', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    world.standIn.verdicts.push('no_money');
    const late = await world.give(made);
    expect(late).toMatchObject({
      state: 'incomplete',
      payment: 'declined',
      declineCode: 'insufficient_funds',
    });
    expect((await world.give(made, '5555')).state).toBe('active');
    expect(amounts()).toEqual([3000]);
    await world.pass(0.01);
    expect(world.standIn.forgotten).toHaveLength(1);
  });

  test('what is never paid for is forgotten after a day, and its server was never made', async () => {
    const made = await world.subscriptions.subscribe('ann', { planId: 'basic' });
    await world.pass(1);
    expect(await now(made.id)).toMatchObject({ state: 'ended', purgeAt: null });
    expect(await world.server(made.server.id)).toMatchObject({ desired: 'purged' });
    expect((await world.subscriptions.subscribe('ann', { planId: 'free' })).state).toBe('active');
  });

  test('dunning: five tries in seven days, then the server stops, ends, and is purged; each with a letter', async () => {
    const { id, server } = await world.subscribe('basic');
    world.standIn.verdicts.push(...Array.from({ length: 9 }, () => 'no_money' as const));
    await world.pass(30.5);
    const late = await now(id);
    expect(late).toMatchObject({ state: 'past_due', declineCode: 'insufficient_funds' });
    expect(late.retryAt).toBe('2026-12-24T00:00:00.000Z');
    expect(await world.server(server.id)).toMatchObject({ desired: 'running' });
    await world.pass(7);
    expect(world.standIn.verdicts).toHaveLength(4);
    expect(await now(id)).toMatchObject({ state: 'past_due', retryAt: null });
    await world.pass(3);
    expect(await now(id)).toMatchObject({ state: 'unpaid' });
    expect(await world.server(server.id)).toMatchObject({ desired: 'stopped', state: 'suspended' });
    await world.pass(30);
    const ended = await now(id);
    expect(ended).toMatchObject({ state: 'canceled' });
    expect(await world.server(server.id)).toMatchObject({ desired: 'stopped' });
    await world.pass(30);
    expect(await now(id)).toMatchObject({ state: 'ended', method: null });
    expect(await world.server(server.id)).toMatchObject({ desired: 'purged', state: 'deleting' });
    expect(amounts()).toEqual([3000]);
    const failed = Array.from({ length: 5 }, () => 'payment-failed');
    expect(await world.letters()).toEqual([
      ...['payment-receipt', ...failed, 'subscription-suspended', 'subscription-ended', 'data-removal'],
    ]);
    expect(await world.billing.due.next()).toBeNull();
  });

  test('a hard decline is not tried again; a new card pays at once', async () => {
    const { id } = await world.subscribe('basic');
    world.standIn.verdicts.push('expired');
    await world.pass(33);
    expect(await now(id)).toMatchObject({ state: 'past_due', declineCode: 'expired_method', retryAt: null });
    expect(amounts()).toEqual([3000]);
    expect(await world.give({ id }, '7777')).toMatchObject({ state: 'active', declineCode: null });
    expect(amounts()).toEqual([3000, 3000]);
    expect(await now(id)).toMatchObject({ periodEnd: '2027-01-23T00:00:00.000Z' });
    await world.pass(60);
    expect(await now(id)).toMatchObject({ state: 'active' });
  });

  test('paying when the server has stopped begins a whole new period', async () => {
    const { id, server } = await world.subscribe('basic');
    world.standIn.verdicts.push(...Array.from({ length: 5 }, () => 'no_money' as const));
    await world.pass(50);
    expect((await now(id)).state).toBe('unpaid');
    const paid = await world.subscriptions.pay('ann', id);
    expect(paid).toMatchObject({ state: 'active', periodStart: new Date(world.clock.now()).toISOString() });
    expect(await world.server(server.id)).toMatchObject({ desired: 'running' });
  });

  test('a dearer plan is pro-rated and paid before it comes; declined changes nothing', async () => {
    const { id, server } = await world.subscribe('basic');
    await world.pass(15);
    const preview = await world.subscriptions.preview('ann', id, 'big');
    expect(preview).toMatchObject({
      effective: 'now',
      dueNow: { amount: 3000, currency: 'KRW' },
      fits: true,
    });
    expect(preview.lines.map(({ amount }) => amount)).toEqual([-1500, 4500]);
    world.standIn.verdicts.push('no_money');
    await expect(world.subscriptions.changePlan('ann', id, 'big', preview.at)).rejects.toMatchObject({
      ...{ code: 'payment_declined', errors: [{ field: 'payment', message: 'insufficient_funds' }] },
    });
    expect(await now(id)).toMatchObject({ planId: 'basic', state: 'active' });
    world.clock.advance(5 * 60_000);
    const changed = await world.subscriptions.changePlan('ann', id, 'big', preview.at);
    expect(changed).toMatchObject({ planId: 'big', nextCharge: { amount: 9000 } });
    expect(await world.server(server.id)).toMatchObject({ quotaBytes: 90e9, generation: 2 });
    expect(amounts()).toEqual([3000, 3000]);
    world.clock.advance(6 * 60_000);
    const late = world.subscriptions.changePlan('ann', id, 'yearly', preview.at);
    await expect(late).rejects.toMatchObject({ code: 'preview_outdated' });
  });

  test('of two who change at once one is charged', async () => {
    const { id } = await world.subscribe('basic');
    const both = [1, 2, 3].map(() => world.subscriptions.changePlan('ann', id, 'big'));
    await Promise.allSettled(both);
    await world.pass(0.1);
    expect(world.standIn.charged).toHaveLength(2);
    expect(await now(id)).toMatchObject({ planId: 'big' });
  });

  test('a cheaper plan waits for the end of the period, and can be taken back', async () => {
    const { id } = await world.subscribe('big');
    expect(await world.subscriptions.preview('ann', id, 'basic')).toMatchObject({
      ...{ effective: 'period_end', dueNow: { amount: 0 }, nextCharge: { amount: 3000 } },
    });
    expect(await world.subscriptions.changePlan('ann', id, 'basic')).toMatchObject({
      ...{ planId: 'big', nextPlanId: 'basic', nextCharge: { amount: 3000 } },
    });
    expect(await world.subscriptions.resume('ann', id)).toMatchObject({ nextPlanId: null });
    await world.subscriptions.changePlan('ann', id, 'basic');
    await world.pass(31);
    expect(await now(id)).toMatchObject({ planId: 'basic', nextPlanId: null, state: 'active' });
    expect(amounts()).toEqual([9000, 3000]);
  });

  test('a yearly plan takes the place of a monthly one from now on, less what is left', async () => {
    const { id } = await world.subscribe('basic');
    await world.pass(15);
    const changed = await world.subscriptions.changePlan('ann', id, 'yearly');
    expect(changed).toMatchObject({ planId: 'yearly', periodEnd: '2027-12-08T00:00:00.000Z' });
    expect(amounts()).toEqual([3000, 28_500]);
    await world.pass(366);
    expect(amounts()).toEqual([3000, 28_500, 30_000]);
  });

  test('canceled: runs to its end, then only downloads, then comes back with its data', async () => {
    const { id, server } = await world.subscribe('basic');
    const canceled = await world.subscriptions.cancel('ann', id, 'period_end');
    expect(canceled).toMatchObject({ state: 'active', endsAt: '2026-12-23T00:00:00.000Z', nextCharge: null });
    expect((await world.subscriptions.resume('ann', id)).endsAt).toBeNull();
    await world.subscriptions.cancel('ann', id, 'period_end');
    await world.pass(31);
    expect(await now(id)).toMatchObject({ state: 'canceled', purgeAt: '2027-01-22T00:00:00.000Z' });
    expect(amounts()).toEqual([3000]);

    const open = await world.subscriptions.exportData('ann', id);
    expect(open.exportUntil).toBe('2026-12-25T00:00:00.000Z');
    expect(await world.server(server.id)).toMatchObject({ desired: 'running' });
    await world.pass(1.1);
    expect(await world.server(server.id)).toMatchObject({ desired: 'stopped' });

    world.standIn.verdicts.push('no_money');
    await expect(world.subscriptions.resume('ann', id)).rejects.toMatchObject({ code: 'payment_declined' });
    expect((await now(id)).state).toBe('canceled');
    expect(await world.subscriptions.resume('ann', id)).toMatchObject({ state: 'active', purgeAt: null });
    expect(await world.server(server.id)).toMatchObject({ desired: 'running' });
    await world.pass(40);
    expect(await now(id)).toMatchObject({ state: 'active' });
  });

  test('a trial is free to its end, is told of, and is given once', async () => {
    const { id } = await world.subscribe('tried');
    expect(await now(id)).toMatchObject({ state: 'trialing', trialEndsAt: '2026-12-07T00:00:00.000Z' });
    expect(amounts()).toEqual([]);
    await world.pass(15);
    expect(await now(id)).toMatchObject({ state: 'active', periodEnd: '2027-01-07T00:00:00.000Z' });
    expect(await world.letters()).toEqual(['trial-ending', 'payment-receipt']);
    await world.subscriptions.cancel('ann', id, 'now');
    const again = await world.subscribe('tried');
    expect(again.state).toBe('active');
    expect(amounts()).toEqual([3000, 3000]);
  });

  test('an operator stops a server, whatever is paid, and lets it run again', async () => {
    const { id, server } = await world.subscribe('basic');
    await world.billing.endings.suspend(server.id, 'Complaints');
    expect(await now(id)).toMatchObject({ state: 'active', suspendedFor: 'Complaints' });
    expect(await world.server(server.id)).toMatchObject({ desired: 'stopped', state: 'suspended' });
    await world.pass(31);
    expect(await now(id)).toMatchObject({ state: 'active' });
    expect(await world.server(server.id)).toMatchObject({ desired: 'stopped' });
    await world.billing.endings.suspend(id, null);
    expect(await world.server(server.id)).toMatchObject({ desired: 'running' });
  });

  test('whoever was away for months is charged for the present one only', async () => {
    const { id } = await world.subscribe('basic');
    world.clock.advance(100 * 24 * 3600_000);
    await world.pass(0);
    expect(amounts()).toEqual([3000, 3000]);
    expect(await now(id)).toMatchObject({ periodStart: '2027-02-23T00:00:00.000Z' });
  });

  test('money that is given back stands on the receipt', async () => {
    const { id } = await world.subscribe('basic');
    world.standIn.refund(`${id}-1-1`, 1000);
    await world.deliver();
    expect(await world.subscriptions.invoices('ann', id)).toMatchObject([{ amount: 3000, refunded: 1000 }]);
  });

  test("another's method is refused, and so is one that was never given", async () => {
    const ann = await world.subscribe('basic');
    const bob = await world.subscriptions.subscribe('bob', { planId: 'basic' });
    const reference = world.standIn.give(
      await world.subscriptions.checkout('ann', ann.id, undefined),
      '9999',
    );
    for (const stolen of [reference, 'cs_none', 'nothing']) {
      await expect(world.subscriptions.setMethod('bob', bob.id, stolen)).rejects.toMatchObject({
        code: 'payment_method_refused',
      });
    }
  });

  test('a deleted account keeps nameless receipts, and its method is given up', async () => {
    const { id } = await world.subscribe('basic');
    await world.subscriptions.userDeleted('ann');
    await world.subscriptions.userDeleted('ann');
    await world.pass(100);
    expect(world.standIn.forgotten).toHaveLength(1);
    expect(amounts()).toEqual([3000]);
    const [kept] = await world.db.selectFrom('invoices').selectAll().execute();
    expect(kept).toMatchObject({ id: `${id}-1`, userId: '', methodLabel: null, state: 'paid' });
    expect(await world.billing.due.next()).toBeNull();
  });
});
