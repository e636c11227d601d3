import { expect, test } from 'vitest';
import { KeyLocks, Turn } from './key-locks.ts';

test('one after the other, in the order of asking', async () => {
  const locks = new KeyLocks();
  const order: number[] = [];
  const use = async (n: number) => {
    const release = await locks.take(new Set(['k']));
    order.push(n);
    await Promise.resolve();
    order.push(n);
    release();
  };
  await Promise.all([1, 2, 3].map(use));
  expect(order).toEqual([1, 1, 2, 2, 3, 3]);
  expect(locks.busy('k')).toBe(false);
});

test('those who want each other’s keys do not wait for ever', async () => {
  const locks = new KeyLocks();
  const use = async (keys: string[]) => {
    const turn = new Turn(locks);
    for (const key of keys) await turn.waitFor([key]);
    turn.end();
  };
  await Promise.all([use(['a', 'b', 'c']), use(['c', 'b', 'a']), use(['b', 'a'])]);
  expect(['a', 'b', 'c'].some((key) => locks.busy(key))).toBe(false);
});

test('a turn that ended while it was still queueing keeps nobody out', async () => {
  const locks = new KeyLocks();
  const release = await locks.take(new Set(['k']));
  const turn = new Turn(locks);
  const joined = turn.joinFor('k');
  turn.end();
  release();
  await joined;
  (await locks.take(new Set(['k'])))();
});
