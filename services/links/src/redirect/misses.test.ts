import { Problem } from '@ptsdly/contract';
import { type Kv, openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keys } from '../keys.ts';
import { onEachStore } from '../testing/each-store.ts';
import { Misses } from './misses.ts';

const refused = async (misses: Misses, address: string) => {
  try {
    await misses.note(address);
    return false;
  } catch (error) {
    expect(Problem.from(error).code).toBe('rate_limited');
    return true;
  }
};

onEachStore((newUrl) => {
  let kv: Kv;
  let misses: Misses;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    kv = await openKv(newUrl());
    misses = new Misses(kv);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await misses.close();
    await kv.close();
  });

  test('sixty wrong codes at once, then one every two seconds; a household of IPv6 is one', async () => {
    for (let n = 0; n < 60; n++) expect(await refused(misses, `2001:db8::${n.toString(16)}`)).toBe(false);
    expect(await refused(misses, '2001:db8::ffff')).toBe(true);
    expect(await refused(misses, '2001:db8:0:1::1')).toBe(false);
    vi.advanceTimersByTime(2100);
    expect(await refused(misses, '2001:db8::1')).toBe(false);
    expect(await refused(misses, '2001:db8::1')).toBe(true);
  });

  test('can be switched off', async () => {
    const off = new Misses(kv, 0);
    for (let n = 0; n < 500; n++) expect(await refused(off, '192.0.2.1')).toBe(false);
    await off.close();
  });

  test('processes that share a store count together', async ({ skip }) => {
    if (!kv.shared) skip('this store belongs to one process');
    const beside = new Misses(kv);
    for (let n = 0; n < 60; n++) expect(await refused(n % 2 ? misses : beside, '192.0.2.1')).toBe(false);
    expect(await refused(misses, '192.0.2.1')).toBe(true);
    expect(await refused(beside, '192.0.2.1')).toBe(true);
    expect(JSON.stringify(await kv.scan({ prefix: keys.attempts('miss'), limit: 9 }))).not.toContain('192.0');
    await beside.close();
  });

  test('in memory, no more than so many addresses are remembered', async ({ skip }) => {
    if (kv.shared) skip('this store forgets by itself');
    for (let n = 0; n < 61; n++) await refused(misses, '192.0.2.1');
    for (let n = 0; n < 20_000; n++) await refused(misses, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(await refused(misses, '192.0.2.1')).toBe(false);
  });
});
