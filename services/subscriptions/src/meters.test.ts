import { afterEach, beforeEach, expect, test } from 'vitest';
import { Meters } from './meters.ts';
import { type BillingWorld, openBilling } from './testing/payments.ts';

const GB = 1_000_000_000;
let world: BillingWorld;
let meters: Meters;
let serverId: string;
let id: string;
const usage = async () => meters.usage(await world.server(serverId));
const tell = (run: string, sentBytes: number, viewers = 0) =>
  meters.report(serverId, { run, sentBytes, viewers });

beforeEach(async () => {
  world = await openBilling('stripe');
  meters = new Meters({ db: world.db, plans: world.billing.plans, clock: world.clock });
  const made = await world.subscribe('basic');
  serverId = made.server.id;
  id = made.id;
});
afterEach(() => world.close());

test('sums count once, however often they are told, and go on with the next run', async () => {
  expect(await tell('one', 100)).toEqual({ mode: 'full', transferLeft: GB - 100, concurrentViewers: 5 });
  await tell('one', 100);
  await tell('one', 300);
  await tell('one', 200); // came late
  expect((await tell('two', 50)).transferLeft).toBe(GB - 350);
  expect((await tell('two', 2 * GB)).transferLeft).toBe(-GB - 300);
  expect((await usage()).transfer).toEqual({
    used: 2 * GB + 300,
    limit: GB,
    resetsAt: '2026-12-23T00:00:00.000Z',
  });
});

test('the month begins anew, and what was told before it is not counted again', async () => {
  await tell('one', 500);
  await world.pass(31);
  expect((await usage()).transfer).toMatchObject({ used: 0, resetsAt: '2027-01-23T00:00:00.000Z' });
  expect((await tell('one', 600)).transferLeft).toBe(GB - 100);
});

test('who was told of a while ago watches no more', async () => {
  await tell('one', 1, 3);
  expect((await usage()).viewers).toEqual({ now: 3, limit: 5 });
  world.clock.advance(61_000);
  expect((await usage()).viewers.now).toBe(0);
});

test('an ended subscription leaves downloads to its owner', async () => {
  await world.subscriptions.cancel('ann', id, 'now');
  expect((await tell('one', 1)).mode).toBe('export');
  expect(await meters.transcodeShare(serverId)).toBe(1);
});
