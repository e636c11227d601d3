import { mediaHealth } from '@ptsdly/contract';
import { forget, type Peer, reach } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Host, Observed, ServerSpec } from './host.ts';

/** A host for one test, and what a test needs to see and do behind its back. */
export interface HostFixture {
  readonly host: Host;
  /** Ids that the host has reported as changed. */
  readonly changed: readonly string[];
  /** Its servers go on without this process. */
  readonly outlives?: boolean;
  /** How many instances of a server run, counted without asking the host. */
  instances(serverId: string): Promise<number>;
  /** Ends a running server as a crash would. */
  crash(serverId: string): Promise<void>;
  /** The way to an address of a server, where this process is not on its network. */
  readonly reach?: (address: string) => Peer;
  close(): Promise<void>;
}

const READY_MS = 15_000;

const spec = (serverId: string, generation = 1): ServerSpec => ({
  serverId,
  ownerId: 'an-owner',
  generation,
  slug: `slug-of-${serverId}`,
  quotaBytes: 1000 * generation,
});

/** What every driver of the port `Host` promises; its tests call this with a way to open it. */
export function hostConformance(
  name: string,
  open: () => Promise<HostFixture>,
  readyMs: number = READY_MS,
): void {
  describe(`host: ${name}`, { timeout: 4 * readyMs }, () => {
    let fixture: HostFixture;
    let host: Host;
    beforeEach(async () => {
      fixture = await open();
      host = fixture.host;
    });
    afterEach(() => fixture.close());

    const becomes = (serverId: string, expected: Partial<Observed> | null) =>
      expect
        .poll(() => host.observe(serverId), { timeout: readyMs, interval: 10 })
        .toEqual(expected && expect.objectContaining(expected));

    const run = async (given: ServerSpec) => {
      await host.ensure(given);
      await becomes(given.serverId, { state: 'ready', generation: given.generation });
    };

    test('of an unknown server nothing is seen, and there is nothing to stop or destroy', async () => {
      expect(await host.observe('nobody')).toBeNull();
      expect(await host.list()).toEqual([]);
      await host.sleep('nobody');
      await host.destroy('nobody');
      await expect(host.wake('nobody')).rejects.toMatchObject({ name: 'HostError', kind: 'retry' });
      expect(await host.observe('nobody')).toBeNull();
    });

    test('ensure brings a server up, which answers for itself at its address', async () => {
      await host.ensure(spec('one'));
      await becomes('one', { serverId: 'one', generation: 1, state: 'ready', detail: null });
      expect(await healthOf(fixture, 'one')).toEqual({ serverId: 'one', generation: 1 });
      expect(fixture.changed).toContain('one');
      expect(await host.list()).toEqual([await host.observe('one')]);
    });

    test('ensure is idempotent, one call after another and all at once', async () => {
      await Promise.all([host.ensure(spec('one')), host.ensure(spec('one')), host.ensure(spec('one'))]);
      await becomes('one', { state: 'ready' });
      await host.ensure(spec('one'));
      expect(await host.observe('one')).toMatchObject({ state: 'ready', generation: 1 });
      expect(await fixture.instances('one')).toBe(1);
    });

    test('a newer generation takes the place of the older one', async () => {
      await run(spec('one', 1));
      await run(spec('one', 2));
      expect(await healthOf(fixture, 'one')).toEqual({ serverId: 'one', generation: 2 });
      await expect.poll(() => fixture.instances('one')).toBe(1);
    });

    test('an older generation is refused and changes nothing', async () => {
      await run(spec('one', 2));
      await expect(host.ensure(spec('one', 1))).rejects.toMatchObject({ name: 'HostError', kind: 'stop' });
      expect(await host.observe('one')).toMatchObject({ state: 'ready', generation: 2 });
    });

    test('sleep stops it, wake starts it as it was; both may be repeated', async () => {
      await run(spec('one'));
      await host.sleep('one');
      await host.sleep('one');
      expect(await host.observe('one')).toMatchObject({ state: 'asleep', generation: 1, address: null });
      expect(await fixture.instances('one')).toBe(0);
      await Promise.all([host.wake('one'), host.wake('one')]);
      await becomes('one', { state: 'ready', generation: 1 });
      expect(await fixture.instances('one')).toBe(1);
    });

    test('ensure wakes a server that sleeps', async () => {
      await run(spec('one'));
      await host.sleep('one');
      await run(spec('one'));
      expect(await fixture.instances('one')).toBe(1);
    });

    test('a server that crashes comes back by itself', async () => {
      await run(spec('one'));
      await fixture.crash('one');
      await becomes('one', { state: 'starting', address: null });
      await becomes('one', { state: 'ready', generation: 1 });
      expect(await fixture.instances('one')).toBe(1);
    });

    test('destroy leaves nothing, and the id can be used again', async () => {
      await run(spec('one', 3));
      await host.destroy('one');
      await host.destroy('one');
      expect(await host.observe('one')).toBeNull();
      expect(await host.list()).toEqual([]);
      expect(await fixture.instances('one')).toBe(0);
      await run(spec('one', 1));
    });

    test('a sleeping server can be destroyed', async () => {
      await run(spec('one'));
      await host.sleep('one');
      await host.destroy('one');
      expect(await host.observe('one')).toBeNull();
    });

    test('calls for one server, all at once, end as if one came after the other', async () => {
      const calls = [host.ensure(spec('one')), host.sleep('one'), host.ensure(spec('one', 2))];
      await Promise.all([...calls, host.destroy('one'), host.ensure(spec('one', 3))]);
      await becomes('one', { state: 'ready', generation: 3 });
      expect(await fixture.instances('one')).toBe(1);
    });

    test('servers do not disturb one another, and list shows them all', async () => {
      await Promise.all([run(spec('one')), run(spec('two'))]);
      await host.sleep('one');
      const states = (await host.list()).map(({ serverId, state }) => [serverId, state]);
      expect(Object.fromEntries(states)).toEqual({ one: 'asleep', two: 'ready' });
      expect(await healthOf(fixture, 'two')).toEqual({ serverId: 'two', generation: 1 });
    });

    test('after close nothing that lives with this process runs, and nothing is asked of it any more', async () => {
      await Promise.all([run(spec('one')), host.ensure(spec('two'))]);
      await host.close();
      const rest = fixture.outlives ? 1 : 0;
      await expect.poll(() => fixture.instances('one')).toBe(rest);
      await expect.poll(() => fixture.instances('two')).toBe(rest);
      await expect(host.ensure(spec('one'))).rejects.toMatchObject({ kind: 'retry' });
    });
  });
}

async function healthOf(fixture: HostFixture, serverId: string) {
  const address = (await fixture.host.observe(serverId))?.address ?? '';
  const { fetch, baseUrl } = (fixture.reach ?? reach)(address);
  const response = await fetch(new Request(`${baseUrl}/healthz`));
  const health = mediaHealth.parse(await response.json());
  forget(address);
  return health;
}
