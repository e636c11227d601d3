import { Bell } from '@ptsdly/kit';
import { type Kv, openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keys } from '../keys.ts';
import { onEachStore } from '../testing/each-store.ts';
import { problemOf } from '../testing/stand-ins.ts';
import { Ledger } from './ledger.ts';
import { noLimits } from './limits.ts';
import { Links } from './links.ts';

onEachStore((newUrl) => {
  const target = { ownerId: 'ann', serverId: 's1', slug: 'ann-media', videoId: 'v1' };
  let kv: Kv;
  let ledger: Ledger;
  beforeEach(async () => {
    kv = await openKv(newUrl());
    ledger = new Ledger(kv, new Bell());
  });
  afterEach(() => kv.close());

  /** A generator that draws what it is told. */
  const drawing = (...codes: string[]) => new Links(ledger, () => codes.shift() ?? 'no more codes');

  test('a code that is taken, or a fixed word, is drawn again; nothing is overwritten', async () => {
    const first = await drawing('AAAAAAAAAAAA').create(target, noLimits);
    const links = drawing('AAAAAAAAAAAA', 'announcement', 'BBBBBBBBBBBB');
    const second = await links.create({ ...target, videoId: 'v2' }, noLimits);
    expect(second.code).toBe('BBBBBBBBBBBB');
    expect(await ledger.get(first.id)).toMatchObject({ videoId: 'v1', code: 'AAAAAAAAAAAA' });
  });

  test('two makers that draw the same code at the same moment get two codes', async () => {
    const makers = [drawing('AAAAAAAAAAAA', 'BBBBBBBBBBBB'), drawing('AAAAAAAAAAAA', 'CCCCCCCCCCCC')];
    const made = await Promise.all(makers.map((links) => links.create(target, noLimits)));
    expect(new Set(made.map(({ code }) => code)).size).toBe(2);
  });

  test('the code of a revoked link is never given out again', async () => {
    const { id } = await drawing('AAAAAAAAAAAA').create(target, noLimits);
    await drawing().revoke('ann', id);
    const links = drawing('AAAAAAAAAAAA', 'BBBBBBBBBBBB');
    expect((await links.create(target, noLimits)).code).toBe('BBBBBBBBBBBB');
  });

  test('a generator that is stuck ends with an error, not with a loop', async () => {
    await drawing('AAAAAAAAAAAA').create(target, noLimits);
    const stuck = new Links(ledger, () => 'AAAAAAAAAAAA');
    expect(await problemOf(stuck.create(target, noLimits))).toBe('internal');
  });

  test('lists newest first, page by page, also while links come and go', async () => {
    const links = new Links(ledger);
    const made: string[] = [];
    for (let n = 0; n < 12; n++)
      made.push((await links.create({ ...target, videoId: `v${n % 2}` }, noLimits)).id);
    const first = await links.list({ ownerId: 'ann', limit: 5 });
    expect(first.items.map(({ id }) => id)).toEqual(made.toReversed().slice(0, 5));
    await links.create(target, noLimits);
    await links.revoke('ann', made[6] as string);
    const cursor = first.nextCursor ?? '';
    const second = await links.list({ ownerId: 'ann', limit: 50, cursor });
    const rest = made
      .toReversed()
      .slice(5)
      .filter((id) => id !== made[6]);
    expect(second).toMatchObject({ nextCursor: null });
    expect(second.items.map(({ id }) => id)).toEqual(rest);
    const ofVideo = await links.list({ ownerId: 'ann', videoId: 'v0', limit: 50 });
    expect(ofVideo.items.every(({ videoId }) => videoId === 'v0')).toBe(true);
    expect(ofVideo.items).toHaveLength(5);
  });

  test('ids with separators and empty ranges reach into nothing of others', async () => {
    const links = new Links(ledger);
    await links.create({ ...target, ownerId: 'ann/x' }, noLimits);
    expect((await links.list({ ownerId: 'ann', limit: 50 })).items).toEqual([]);
    expect((await links.list({ ownerId: 'ann', videoId: 'x', cursor: '../', limit: 50 })).items).toEqual([]);
    expect((await links.list({ ownerId: '', limit: 50 })).items).toEqual([]);
  });

  test('a link is not made to what was deleted in the meantime', async () => {
    const links = new Links(ledger);
    for (const mark of [keys.goneUser('ann'), keys.goneServer('s1'), keys.goneVideo('s1', 'v1')]) {
      await kv.put(mark, true);
      expect(await problemOf(links.create(target, noLimits))).toBe('not_found');
      await kv.remove(mark);
    }
    expect(await kv.scan({ prefix: 'link/', limit: 1 })).toEqual([]);
  });

  test('limits that contradict each other are refused, on making and on changing', async () => {
    const links = new Links(ledger);
    const wrong = [{ opensAt: 2000, expiresAt: 2000 }, { startAt: 10, endAt: 10 }, { endAt: 0 }];
    const { id } = await links.create(target, noLimits);
    for (const limits of wrong) {
      expect(await problemOf(links.create(target, { ...noLimits, ...limits }))).toBe('invalid_fields');
      expect(await problemOf(links.update('ann', id, limits))).toBe('invalid_fields');
    }
  });
});
