import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Checkout, checkout } from '@ptsdly/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPortOneStandIn } from '../../services/subscriptions/src/payments/testing/portone-stand-in.ts';
import type { StandIn } from '../../services/subscriptions/src/payments/testing/stand-in.ts';
import { openStripeStandIn } from '../../services/subscriptions/src/payments/testing/stripe-stand-in.ts';
import { composeSubscriptions } from '../../services/subscriptions/src/service.ts';
import { Cloud, fakeHost } from '../../services/subscriptions/src/testing/fake-host.ts';
import { paymentsOf } from '../../services/subscriptions/src/testing/payments.ts';
import {
  callsOf,
  openPeers,
  testFolder,
  testOptions,
} from '../../services/subscriptions/src/testing/service.ts';
import { root } from '../product.ts';

const script = join(root, 'services/subscriptions/src/testing/billing-plane.ts');
/** Later than the sweeper and every lease. */
const LATER_MS = 11 * 60_000;
const MOST = 20;

const stands = [
  ['stripe', openStripeStandIn],
  ['portone', openPortOneStandIn],
] as const;

describe.each(stands)('%s', (_, open) => {
  let standIn: StandIn;
  beforeEach(async () => {
    standIn = await open();
  });
  afterEach(() => standIn.close());

  test('killed (SIGKILL) before or after any call to the provider, one charge stands in the end', async () => {
    let kills = 0;
    let afterCharge = 0;
    for (let moment = 1; moment <= MOST; moment++) {
      const before = standIn.charged.length;
      const { folder, wasKilled } = await killedAt(moment);
      if (wasKilled && standIn.charged.length > before) afterCharge += 1;
      await recovers(folder.path, before + 1);
      folder.remove();
      if (!wasKilled) break;
      kills += 1;
    }
    expect(kills).toBeGreaterThanOrEqual(4);
    expect(kills).toBeLessThan(MOST);
    // It was killed with the charge made and its answer not yet written down.
    expect(afterCharge).toBeGreaterThan(0);
    expect(new Set(standIn.charged.map(({ id }) => id)).size).toBe(standIn.charged.length);
  });

  async function killedAt(moment: number) {
    const folder = testFolder();
    const { url, key, webhookSecret } = standIn;
    const args = [script, folder.path, String(moment), url, key, webhookSecret];
    const plane = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const begun: Checkout = checkout.parse(JSON.parse((await lineOf(plane)) ?? 'null'));
    plane.stdin.write(`${standIn.give(begun, '4242')}\n`);
    const wasKilled = (await lineOf(plane)) !== 'done';
    if (plane.exitCode === null && plane.signalCode === null) {
      plane.kill('SIGKILL');
      await once(plane, 'exit');
    }
    return { folder, wasKilled };
  }

  /** Another control plane on the same database, some minutes later; no event and no browser helps it. */
  async function recovers(folder: string, charges: number): Promise<void> {
    const peers = await openPeers();
    const options = { ...testOptions(folder, peers), payments: paymentsOf(standIn) };
    const service = await composeSubscriptions(options, {
      openHost: async (__, { changed }) => fakeHost(new Cloud(), async () => undefined, changed),
      clock: { now: () => Date.now() + LATER_MS },
      random: () => 1,
    });
    const first = async () => (await callsOf(service, peers).as('ann').listSubscriptions({})).items[0];
    await expect.poll(first, { timeout: 10_000, interval: 20 }).toMatchObject({
      ...{ state: 'active', payment: 'settled' },
    });
    const { id = '' } = (await first()) ?? {};
    const invoices = await callsOf(service, peers).as('ann').listInvoices({ params: { id } });
    expect(invoices.items).toMatchObject([{ state: 'paid', amount: 4900 }]);
    expect(standIn.charged).toHaveLength(charges);
    await service.close();
  }
});

/** The next line it says; undefined when it ends before. */
async function lineOf(child: ChildProcess): Promise<string | undefined> {
  const ended = once(child, 'exit').then(() => undefined);
  const said = once(child.stdout as NodeJS.ReadableStream, 'data') as Promise<[Buffer]>;
  return (await Promise.race([said, ended]))?.[0].toString().trim();
}
