import { expect, test } from 'vitest';
import { KeyQueues, Turn } from './key-queues.ts';

const nothing = new Map<string, number>();

test('one after the other, in the order of asking, each with what the one before left', async () => {
  const queues = new KeyQueues<number>();
  const order: [number, number | undefined][] = [];
  const use = async (n: number) => {
    const { expected, pass } = await queues.join(new Set(['k']));
    order.push([n, expected.get('k')]);
    await Promise.resolve();
    pass(new Map([['k', n]]));
  };
  await Promise.all([1, 2, 3].map(use));
  expect(order).toEqual([
    [1, undefined],
    [2, 1],
    [3, 2],
  ]);
  expect(queues.busy('k')).toBe(false);
});

test('those who want each other’s keys do not wait for ever', async () => {
  const queues = new KeyQueues<number>();
  const use = async (keys: string[]) => {
    const turn = new Turn(queues);
    for (const key of keys) await turn.waitFor([key]);
    turn.end();
  };
  await Promise.all([use(['a', 'b', 'c']), use(['c', 'b', 'a']), use(['b', 'a'])]);
  expect(['a', 'b', 'c'].some((key) => queues.busy(key))).toBe(false);
});

test('a turn that ended while it was still queueing keeps nobody out', async () => {
  const queues = new KeyQueues<number>();
  const first = await queues.join(new Set(['k']));
  const turn = new Turn(queues);
  const joined = turn.joinFor('k');
  turn.end();
  first.pass(nothing);
  await joined;
  (await queues.join(new Set(['k']))).pass(nothing);
  expect(queues.busy('k')).toBe(false);
});
