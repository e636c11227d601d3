import { expect, test } from 'vitest';
import { limitControl } from './control-rate.ts';

test('a burst is taken, then a stream of so many calls a second', () => {
  let clock = 0;
  const take = limitControl({ burst: 3, perSecond: 2 }, () => clock);
  for (let i = 0; i < 3; i++) take();
  expect(take).toThrow('rate_limited');
  clock = 1000;
  take();
  take();
  expect(take).toThrow('rate_limited');
  clock = 3_600_000;
  for (let i = 0; i < 3; i++) take();
  expect(take).toThrow('rate_limited');
});
