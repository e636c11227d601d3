import { describe, expect, it } from 'vitest';
import { parseClock, writeClock } from './clock.ts';
import { chaptersOf, type Draft, draftOf, faultsOf } from './drafts.ts';

const typed = (key: number, time: string, title = 'x'): Draft => ({ key, time, title, exact: null });

describe('times of chapters', () => {
  it.each([
    ['65', 65],
    ['1:05', 65],
    ['1:02:03.5', 3723.5],
    [' 0:00 ', 0],
    ['1:99', null],
    ['1:60:00', null],
    ['abc', null],
    ['-3', null],
    ['', null],
  ])('%j are %j seconds', (text, seconds) => expect(parseClock(text)).toBe(seconds));

  it('are written so that they are read as what they were', () => {
    for (const seconds of [0, 9, 59.9, 60, 65.5, 3600, 7325.1]) {
      expect(parseClock(writeClock(seconds))).toBeCloseTo(seconds, 5);
    }
  });
});

describe('chapters as they are written', () => {
  it('keep the exact time of one that nobody has touched, and come by time', () => {
    const drafts = [typed(1, '1:00', ' two '), draftOf({ startAt: 12.345, title: 'one' }, 0)];
    expect(faultsOf(drafts, 100).size).toBe(0);
    expect(chaptersOf(drafts)).toEqual([
      { startAt: 12.345, title: 'one' },
      { startAt: 60, title: 'two' },
    ]);
  });

  it('say what is wrong with each', () => {
    const drafts = [typed(0, '0'), typed(1, 'x'), typed(2, '0:00'), typed(3, '9:00'), typed(4, '1', ' ')];
    expect([...faultsOf(drafts, 100)]).toEqual([
      [1, 'badTime'],
      [2, 'taken'],
      [3, 'late'],
      [4, 'noName'],
    ]);
  });
});
