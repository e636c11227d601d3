import { join } from 'node:path';
import { copyDatabase } from '@ptsdly/db/testing';
import type { Service } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { composeSubscriptions } from './service.ts';
import { Cloud, failing, fakeHost, ManualClock, type Script } from './testing/fake-host.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './testing/service.ts';

let root: ReturnType<typeof testFolder>;
let peers: Peers;
let cloud: Cloud;
let clock: ManualClock;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  root = testFolder();
  peers = await openPeers();
  cloud = new Cloud();
  clock = new ManualClock();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  root.remove();
});

const calm: Script = async () => undefined;

async function open(folder = root.path, script: Script = calm): Promise<Service> {
  const service = await composeSubscriptions(testOptions(folder, peers), {
    openHost: async (_, { changed }) => fakeHost(cloud, script, changed),
    clock,
    random: () => 1,
  });
  closing.push(() => service.close());
  return service;
}

const stateOf = async (service: Service, user = 'ann') =>
  (await callsOf(service, peers).as(user).listServers({})).items.map(({ state }) => state);

const becomes = (service: Service, states: string[]) =>
  expect.poll(() => stateOf(service), { interval: 5, timeout: 10_000 }).toEqual(states);

/**
 * Stops the world at the nth call of the host, for ever: what stands in the files at that moment is what a
 * control plane finds that was killed there. `crashed` resolves at that moment, or never.
 */
function crashAt(moment: number) {
  const crashed = Promise.withResolvers<string>();
  const buried = Promise.withResolvers<void>();
  let seen = 0;
  const script: Script = async (at) => {
    seen += 1;
    if (seen < moment) return;
    crashed.resolve(at);
    await buried.promise;
    throw new Error('killed');
  };
  return { script, crashed: crashed.promise, bury: () => buried.resolve() };
}

interface Journey {
  readonly name: string;
  /** Goes on before the crash, undisturbed. */
  readonly before?: (service: Service) => Promise<unknown>;
  readonly act: (service: Service) => Promise<unknown>;
  readonly end: readonly string[];
  readonly running: number;
  readonly exist: number;
}

const ready = async (service: Service) => {
  await callsOf(service, peers)
    .as('ann')
    .subscribe({ body: { planId: 'starter' } });
  await becomes(service, ['ready']);
};

const subscriptionOf = async (service: Service) => {
  const { items } = await callsOf(service, peers).as('ann').listSubscriptions({});
  return { params: { id: items[0]?.id as string } };
};

const journeys: readonly Journey[] = [
  {
    name: 'subscribe',
    act: (service) =>
      callsOf(service, peers)
        .as('ann')
        .subscribe({ body: { planId: 'starter' } }),
    ...{ end: ['ready'], running: 1, exist: 1 },
  },
  {
    name: 'change the plan',
    before: ready,
    act: async (service) =>
      callsOf(service, peers)
        .as('ann')
        .changePlan({ ...(await subscriptionOf(service)), body: { planId: 'plus' } }),
    ...{ end: ['ready'], running: 1, exist: 1 },
  },
  {
    name: 'cancel',
    before: ready,
    act: async (service) =>
      callsOf(service, peers)
        .as('ann')
        .cancel(await subscriptionOf(service)),
    ...{ end: ['suspended'], running: 0, exist: 1 },
  },
  {
    name: 'delete the account',
    before: ready,
    act: async () => peers.identity.publish({ type: 'user.deleted', userId: 'ann' }),
    ...{ end: [], running: 0, exist: 0 },
  },
];

describe.each(journeys)('killed at any call of the host while it is to $name', (journey) => {
  test('a new control plane ends with exactly what is desired', async () => {
    const crashedAt = new Set<string>();
    for (let moment = 1; ; moment++) {
      const died = await killedAt(journey, moment);
      if (!died) break;
      crashedAt.add(died);
    }
    expect(crashedAt).toContain('before observe');
    expect(crashedAt.size).toBeGreaterThanOrEqual(4);
  });
});

/** Runs a journey, kills it at a moment, recovers, checks. Undefined when it was over before the moment. */
async function killedAt(journey: Journey, moment: number): Promise<string | undefined> {
  cloud = new Cloud();
  peers = await openPeers();
  const [first, second] = [join(root.path, `${moment}-a`), join(root.path, `${moment}-b`)];
  const crash = crashAt(moment);
  let script: Script = calm;
  const service = await open(first, (at, id) => script(at, id));
  await journey.before?.(service);
  script = (at, id) => (at.endsWith('list') ? calm(at, id) : crash.script(at, id));
  await journey.act(service);
  const finished = expect
    .poll(() => stateOf(service), { interval: 5, timeout: 10_000 })
    .toEqual(journey.end)
    .then(async () => {
      await expect.poll(() => cloud.running().length, { interval: 5 }).toBe(journey.running);
      return undefined;
    });
  finished.catch(() => undefined);
  // A state may stand before its work is done, so the crash is given the first word for a moment.
  const died = await Promise.race([crash.crashed, finished.then(() => pause(crash.crashed))]);
  if (died) {
    copyDatabase(join(first, 'subscriptions.db'), join(second, 'subscriptions.db'));
    clock.advance(60_000); // what the dead one had leased is free again
    closing.push(crash.bury);
    const recovered = await open(second);
    const look = () => {
      clock.advance(50);
      return stateOf(recovered);
    };
    await expect.poll(look, { interval: 5, timeout: 10_000 }).toEqual(journey.end);
    await expect.poll(() => cloud.running().length).toBe(journey.running);
    expect(cloud.instances.size).toBe(journey.exist);
  }
  crash.bury();
  return died;
}

const pause = (crashed: Promise<string>) =>
  Promise.race([crashed, new Promise<undefined>((resolve) => setTimeout(resolve, 100, undefined))]);

describe('the reconcile loop', () => {
  test('a failure that may pass is tried again after a pause, and the server comes', async () => {
    const service = await open(root.path, failing('before ensure', 'retry', 2));
    await callsOf(service, peers)
      .as('ann')
      .subscribe({ body: { planId: 'starter' } });
    await becomes(service, ['provisioning']);
    await expect
      .poll(
        () => {
          clock.advance(1000);
          return stateOf(service);
        },
        { interval: 200, timeout: 15_000 },
      )
      .toEqual(['ready']);
  });

  test('without room it says so, and waits', async () => {
    const service = await open(root.path, failing('before ensure', 'capacity', 1));
    await callsOf(service, peers)
      .as('ann')
      .subscribe({ body: { planId: 'starter' } });
    const first = async () => (await callsOf(service, peers).as('ann').listServers({})).items[0];
    await expect.poll(first).toMatchObject({ state: 'provisioning', failure: 'no before ensure today' });
    clock.advance(31_000);
    await expect.poll(first, { timeout: 5000 }).toMatchObject({ state: 'ready', failure: null });
  });

  test('what cannot be helped fails, and a restart or a new plan tries once more', async () => {
    const service = await open(root.path, failing('before ensure', 'stop', 2));
    await callsOf(service, peers)
      .as('ann')
      .subscribe({ body: { planId: 'starter' } });
    await becomes(service, ['failed']);
    await callsOf(service, peers)
      .as('ann')
      .changePlan({ ...(await subscriptionOf(service)), body: { planId: 'plus' } });
    await expect.poll(() => cloud.log).toEqual([]);
    await becomes(service, ['failed']);
    await service.close();
    await becomes(await open(), ['ready']);
  });

  test('what it finds stopped at its start is started again', async () => {
    const service = await open();
    await ready(service);
    await service.close();
    for (const instance of cloud.instances.values()) instance.state = 'stopped';
    const again = await open();
    await expect.poll(() => cloud.running(), { timeout: 5000 }).toHaveLength(1);
    await becomes(again, ['ready']);
  });

  test('no address is given while the host does not see the server answer', async () => {
    const service = await open();
    await ready(service);
    const { internal, as } = callsOf(service, peers);
    const [server] = (await as('ann').listServers({})).items;
    const address = () => internal.serverById({ params: { id: server?.id as string } });
    expect(await address()).toMatchObject({ state: 'ready', address: `unix:/fake/${server?.id}` });
    for (const instance of cloud.instances.values()) instance.state = 'stopped';
    expect(await address()).toMatchObject({ address: null });
  });
});
