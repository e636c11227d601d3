import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('lets one work at a time, and asks it to leave when the next one comes', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const first = await turns.take('a');
  first.onWanted(() => log.push('first is wanted'));
  const second = turns.take('a').then((turn) => {
    log.push('second works');
    return turn;
  });
  const elsewhere = await turns.take('b');
  expect(elsewhere.wanted).toBe(false);
  await Promise.resolve();
  expect(log).toEqual(['first is wanted']);
  first.release();
  (await second).release();
  expect(log).toEqual(['first is wanted', 'second works']);
});

it('tells a turn that was wanted before it began', async () => {
  const turns = new Turns();
  const first = await turns.take('a');
  const second = turns.take('a');
  const third = turns.take('a');
  first.release();
  const turn = await second;
  let asked = 0;
  turn.onWanted(() => asked++);
  expect(asked).toBe(1);
  turn.release();
  (await third).release();
  expect((await turns.take('a')).wanted).toBe(false);
});
