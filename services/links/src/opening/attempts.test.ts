import { Problem } from '@ptsdly/contract';
import { type Kv, openKv } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keys } from '../keys.ts';
import { onEachStore } from '../testing/each-store.ts';
import { Attempts, PASSWORDS } from './attempts.ts';

const refusal = (attempts: Attempts, who: string): Promise<Problem | undefined> =>
  attempts.take(who).then(
    () => undefined,
    (error: unknown) => Problem.from(error),
  );

onEachStore((newUrl) => {
  let kv: Kv;
  let attempts: Attempts;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    kv = await openKv(newUrl());
    attempts = new Attempts(kv, 'password', PASSWORDS);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await attempts.close();
    await kv.close();
  });

  test('five at once, then one every twelve seconds, each client by itself', async () => {
    for (let n = 0; n < 5; n++) expect(await refusal(attempts, 'a')).toBeUndefined();
    const refused = await refusal(attempts, 'a');
    expect(refused?.code).toBe('rate_limited');
    expect(refused?.retryAfter).toBeCloseTo(12, 0);
    expect(await refusal(attempts, 'b')).toBeUndefined();
    vi.advanceTimersByTime(12_100);
    expect(await refusal(attempts, 'a')).toBeUndefined();
    expect((await refusal(attempts, 'a'))?.code).toBe('rate_limited');
  });

  test('right passwords use nothing up, and leave nothing behind', async () => {
    for (let n = 0; n < 20; n++) {
      expect(await refusal(attempts, 'a')).toBeUndefined();
      await attempts.giveBack('a');
    }
    expect(await kv.scan({ prefix: keys.attempts('password'), limit: 10 })).toEqual([]);
  });

  test('whoever begins anew, or beside it, counts on; who asked is not kept', async () => {
    const beside = new Attempts(kv, 'password', PASSWORDS);
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, n) => refusal(n % 2 ? attempts : beside, '203.0.113.7')),
    );
    expect(all.filter((one) => one === undefined)).toHaveLength(5);
    const stored = await kv.scan({ prefix: keys.attempts('password'), limit: 10 });
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain('203.0.113.7');
    await beside.close();
  });

  test('full buckets are swept away', async () => {
    await refusal(attempts, 'a');
    vi.advanceTimersByTime(61_000);
    const next = new Attempts(kv, 'password', PASSWORDS);
    await next.close();
    expect(await kv.scan({ prefix: keys.attempts('password'), limit: 10 })).toEqual([]);
  });
});
