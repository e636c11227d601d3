import { expect, test } from 'vitest';
import { periodAt, periodIndexAt } from './periods.ts';

const seoul = 'Asia/Seoul';
const starts = (anchor: string, zone: string, count: number, interval: 'month' | 'year' = 'month') =>
  Array.from({ length: count }, (_, index) => periodAt(anchor, index, interval, zone).start);

test('whoever begins on the 31st is charged on the last day of short months, and on the 31st again', () => {
  // Noon in Seoul on January 31st.
  expect(starts('2027-01-31T03:00:00.000Z', seoul, 5)).toEqual([
    '2027-01-31T03:00:00.000Z',
    '2027-02-28T03:00:00.000Z',
    '2027-03-31T03:00:00.000Z',
    '2027-04-30T03:00:00.000Z',
    '2027-05-31T03:00:00.000Z',
  ]);
});

test('a leap day has its anniversary on the 28th, and on the 29th when there is one', () => {
  expect(starts('2028-02-29T03:00:00.000Z', seoul, 5, 'year').map((start) => start.slice(0, 10))).toEqual([
    ...['2028-02-29', '2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29'],
  ]);
});

test("the day is that of the subscriber's time zone: 1 a.m. of March 1st in Seoul is still February in UTC", () => {
  expect(starts('2027-02-28T16:00:00.000Z', seoul, 2)).toEqual([
    '2027-02-28T16:00:00.000Z',
    '2027-03-31T16:00:00.000Z',
  ]);
  expect(starts('2027-02-28T16:00:00.000Z', 'UTC', 2)[1]).toBe('2027-03-28T16:00:00.000Z');
});

test('a period begins at the same time of day on both sides of a change of the clocks', () => {
  const berlin = starts('2027-03-10T11:00:00.000Z', 'Europe/Berlin', 2);
  expect(berlin[1]).toBe('2027-04-10T10:00:00.000Z');
});

test('a time that a change of the clocks leaves out is an hour later; one that comes twice is the first', () => {
  // 2:30 on March 28th 2027 does not exist in Berlin; 2:30 on October 31st comes twice.
  expect(periodAt('2027-02-28T01:30:00.000Z', 1, 'month', 'Europe/Berlin').start).toBe(
    '2027-03-28T01:30:00.000Z',
  );
  expect(periodAt('2027-08-31T00:30:00.000Z', 2, 'month', 'Europe/Berlin').start).toBe(
    '2027-10-31T00:30:00.000Z',
  );
});

test('each moment lies in exactly one period, however long ago the anchor is', () => {
  const anchor = '2027-01-31T03:00:00.000Z';
  for (let at = Date.parse(anchor); at < Date.parse('2031-01-01'); at += 37 * 3600_000) {
    const period = periodAt(anchor, periodIndexAt(anchor, at, 'month', seoul), 'month', seoul);
    expect(Date.parse(period.start)).toBeLessThanOrEqual(at);
    expect(Date.parse(period.end)).toBeGreaterThan(at);
  }
  expect(periodIndexAt(anchor, Date.parse(anchor) - 1, 'month', seoul)).toBe(0);
});
