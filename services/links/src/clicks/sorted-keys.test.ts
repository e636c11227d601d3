import fc from 'fast-check';
import { expect, test } from 'vitest';
import { merged, sortedRuns } from './sorted-keys.ts';

test('runs are merged into the order of all keys', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string())), (runs) => {
      const sorted = runs.map((run) => run.sort());
      expect([...merged(sorted)]).toEqual(runs.flat().sort());
    }),
  );
});

test('many keys are several runs, with a turn for others between them', async () => {
  const keys = Array.from({ length: 30_000 }, (_, n) => String((n * 7919) % 30_000));
  let turns = 0;
  let sorting = true;
  const countTurns = () => {
    turns++;
    if (sorting) setImmediate(countTurns);
  };
  setImmediate(countTurns);
  const runs = await sortedRuns(keys);
  sorting = false;
  expect(runs.length).toBeGreaterThan(3);
  expect(turns).toBeGreaterThanOrEqual(runs.length - 1);
  expect([...merged(runs)]).toEqual([...keys].sort());
});
