import type { ServerState, TimelineEntry } from '@ptsdly/contract';
import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { describe, expect, test } from 'vitest';
import { type Database, migrations, type Tables } from './schema.ts';
import { composeSubscriptions } from './service.ts';
import { Cloud, failing, fakeHost, ManualClock, type Script } from './testing/fake-host.ts';
import { openBilling } from './testing/payments.ts';
import { callsOf, openPeers, testFolder, testOptions } from './testing/service.ts';
import { MOST_ENTRIES, readTimeline, type Trouble, writeEntry } from './timeline.ts';

const words = (entries: readonly TimelineEntry[]) =>
  entries.map(({ state, trouble, tries }) =>
    [state, trouble, tries].filter((word) => word !== null).join(' '),
  );

describe('a line', () => {
  async function open() {
    const db: Database = await openDatabase<Tables>(newDatabase(), migrations);
    const clock = new ManualClock();
    const write = async (state: ServerState, trouble?: Trouble | null, serverId = 'one') => {
      clock.advance(1000);
      const at = new Date(clock.now()).toISOString();
      await db.transaction().execute((trx) => writeEntry(trx, { serverId, state, at, trouble }));
    };
    const lines = async (serverId = 'one') => words(await readTimeline(db, serverId));
    return { db, write, lines };
  }
  const full: Trouble = { cause: 'capacity', retryAt: '2026-11-23T01:00:00.000Z' };

  test('counts the same trouble, keeps when it comes again, and ends with it', async () => {
    const { db, write, lines } = await open();
    await write('provisioning');
    await write('provisioning', full);
    await write('provisioning'); // tried again: that says nothing yet
    await write('provisioning', { ...full, retryAt: '2026-11-23T02:00:00.000Z' });
    expect(await lines()).toEqual(['provisioning capacity 2', 'provisioning 1']);
    expect((await readTimeline(db, 'one'))[0]?.retryAt).toBe('2026-11-23T02:00:00.000Z');
    await write('provisioning', null);
    expect(await lines()).toEqual(['provisioning 1', 'provisioning capacity 2', 'provisioning 1']);
    await db.destroy();
  });

  test('a server that falls over again and again, or naps, does not push out what was before', async () => {
    const { db, write, lines } = await open();
    const crash: Trouble = { cause: 'crash', retryAt: null };
    for (let i = 0; i < 50; i++) {
      await write('starting');
      await write('failed', crash);
    }
    expect(await lines()).toEqual(['failed crash 50', 'starting 1']);
    for (const state of ['ready', 'asleep', 'waking', 'ready'] as const) await write(state);
    expect((await lines()).slice(0, 3)).toEqual(['ready 1', 'asleep 1', 'ready 1']);
    await db.destroy();
  });

  test('is one of a bounded number, of its server only, and goes with it', async () => {
    const { db, write, lines } = await open();
    await write('ready', undefined, 'two');
    for (let i = 0; i < MOST_ENTRIES; i++) await write(i % 2 ? 'asleep' : 'ready');
    await write('suspended');
    const all = await db.selectFrom('timeline').select('id').where('serverId', '=', 'one').execute();
    expect(all).toHaveLength(MOST_ENTRIES);
    expect((await lines())[0]).toBe('suspended 1');
    await write('purged');
    expect(await lines()).toEqual([]);
    expect(await lines('two')).toEqual(['ready 1']);
    await db.destroy();
  });
});

describe('a server says', () => {
  async function open(script: Script) {
    const [root, peers, clock] = [testFolder(), await openPeers(), new ManualClock()];
    const service = await composeSubscriptions(testOptions(root.path, peers), {
      openHost: async (_, { changed }) => fakeHost(new Cloud(), script, changed),
      ...{ clock, random: () => 1 },
    });
    const calls = callsOf(service, peers);
    const { server } = await calls.as('ann').subscribe({ body: { planId: 'starter' } });
    const params = { id: server.id };
    const timeline = async () => (await calls.as('ann').getTimeline({ params })).items;
    const becomes = (expected: string[], step = 0) =>
      expect
        .poll(
          async () => {
            clock.advance(step);
            return words(await timeline()).filter((line) => line !== 'starting 1'); // it may be over too soon
          },
          { interval: 10, timeout: 10_000 },
        )
        .toEqual(expected);
    const close = async () => {
      await service.close();
      root.remove();
    };
    return { calls, params, clock, timeline, becomes, close };
  }

  test('that there is no room, when it is tried again, and that it came', async () => {
    const { timeline, becomes, clock, calls, params, close } = await open(
      failing('before ensure', 'capacity', 1),
    );
    await becomes(['provisioning capacity 1', 'provisioning 1', 'requested 1']);
    expect((await timeline())[0]?.retryAt).toBe(new Date(clock.now() + 30_000).toISOString());
    const end = ['ready 1', 'provisioning capacity 1', 'provisioning 1', 'requested 1'];
    await becomes(end, 5000);
    await expect(calls.as('bob').getTimeline({ params })).rejects.toMatchObject({ code: 'not_found' });
    await close();
  });

  test('that nobody tries again', async () => {
    const { timeline, becomes, close } = await open(failing('before ensure', 'stop', 1));
    await becomes(['failed stop 1', 'provisioning 1', 'requested 1']);
    expect((await timeline())[0]?.retryAt).toBeNull();
    await close();
  });

  test('what fails more than in passing, and nothing of a hiccup', async () => {
    const { timeline, becomes, close } = await open(failing('before ensure', 'retry', 3));
    const retried = ['provisioning retry 1', 'provisioning 1', 'requested 1'];
    await becomes(['ready 1', ...retried], 500);
    const line = (await timeline()).find(({ trouble }) => trouble === 'retry');
    expect(line?.retryAt).toMatch(/^2026-11-23T/);
    await close();
  });
});

test('a server that its subscription stops says whose doing it is', async () => {
  const { subscriptions, billing, db, standIn, subscribe, pass, close } = await openBilling('stripe');
  const lines = async (id: string) => words(await readTimeline(db, id));
  const paid = await subscribe('basic');
  await billing.endings.suspend(paid.id, 'a complaint');
  expect(await lines(paid.server.id)).toEqual(['suspended operator 1', 'requested 1']);
  await billing.endings.suspend(paid.id, null);
  standIn.verdicts.push(...Array.from({ length: 12 }, () => 'no_money' as const));
  await db.updateTable('servers').set({ state: 'ready' }).execute();
  await pass(45);
  expect(await lines(paid.server.id)).toEqual(['suspended unpaid 1', 'suspended operator 1', 'requested 1']);
  const free = await subscriptions.subscribe('bob', { planId: 'free' });
  await subscriptions.cancel('bob', free.id, 'now');
  expect((await lines(free.server.id))[0]).toBe('suspended canceled 1');
  await close();
});
