import { afterEach, expect, test } from 'vitest';
import { type Round, Rounds } from './rounds.ts';

let rounds: Rounds;
afterEach(() => rounds.close());

/** Counts its rounds. */
function counted(once: (n: number) => Promise<unknown>, given: Partial<Round> = {}) {
  const seen = { rounds: 0, errors: [] as unknown[] };
  rounds = new Rounds({
    everyMs: 60_000,
    once: () => once(++seen.rounds),
    failed: (error) => seen.errors.push(error),
    ...given,
  });
  rounds.start();
  return seen;
}

test('begins at once, and comes again after the pause', async () => {
  const seen = counted(async () => {}, { everyMs: 5 });
  expect(seen.rounds).toBe(1);
  await expect.poll(() => seen.rounds).toBeGreaterThan(3);
});

test('a hurry in the midst of a round is not lost, and rounds never meet', async () => {
  let [running, most] = [0, 0];
  const gates: (() => void)[] = [];
  const seen = counted(async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => gates.push(resolve));
    running--;
  });
  rounds.hurry();
  rounds.hurry();
  gates[0]?.();
  await expect.poll(() => seen.rounds).toBe(2);
  gates[1]?.();
  await expect.poll(() => running).toBe(0);
  expect([seen.rounds, most]).toEqual([2, 1]);
});

test('a round that fails is told of, and whoever hurries then does not make it spin', async () => {
  const seen = counted(async (n) => {
    rounds?.hurry();
    if (n === 1) throw new Error('no database');
  });
  await expect.poll(() => seen.errors).toMatchObject([{ message: 'no database' }]);
  rounds.hurry();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen.rounds).toBe(1);
});

test('ends by itself when nothing is left, and by close after the round under way', async () => {
  const seen = counted(async (n) => n === 2, { everyMs: 1 });
  await expect.poll(() => seen.rounds).toBe(2);
  await rounds.close();
  let ended = false;
  counted(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    ended = true;
  });
  await rounds.close();
  expect([ended, rounds.signal.aborted]).toEqual([true, true]);
});
