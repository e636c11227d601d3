import type { Plan } from '@ptsdly/contract';
import { expect, test } from 'vitest';
import { testPlans } from '../testing/payments.ts';
import { prorate, totalOf } from './proration.ts';

const period = { start: '2027-01-01T00:00:00.000Z', end: '2027-01-31T00:00:00.000Z' };
const [from, to] = ['basic', 'big'].map((id) => testPlans.find((plan) => plan.id === id)) as [Plan, Plan];
const at = (day: number) => Date.parse(period.start) + day * 24 * 3600_000;
const amounts = (day: number) => prorate({ from, to, period, at: at(day) }).map(({ amount }) => amount);

test('what is left of the old plan is given back, the new one is charged for the same time', () => {
  expect(amounts(0)).toEqual([-3000, 9000]);
  expect(amounts(15)).toEqual([-1500, 4500]);
  expect(amounts(29)).toEqual([-100, 300]);
});

test('a moment outside the period counts as its nearer end', () => {
  expect(amounts(-3)).toEqual([-3000, 9000]);
  expect(totalOf(prorate({ from, to, period, at: at(40) }))).toBe(0);
});

test('each line is rounded once, and the sum is never less than nothing', () => {
  const odd = prorate({ from, to, period, at: at(10) + 1 });
  expect(odd.every(({ amount }) => Number.isInteger(amount))).toBe(true);
  expect(totalOf(prorate({ from: to, to: from, period, at: at(1) }))).toBe(0);
});
