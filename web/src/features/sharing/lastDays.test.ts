import { expect, it } from 'vitest';
import { lastDays } from './lastDays.ts';

it('has every day until today, with or without views', () => {
  const known = [
    { day: '2026-10-01', views: 9 },
    { day: '2026-11-22', views: 2 },
  ];
  expect(lastDays(known, 3, Date.parse('2026-11-23T00:10:00Z'))).toEqual([
    { day: '2026-11-21', views: 0 },
    { day: '2026-11-22', views: 2 },
    { day: '2026-11-23', views: 0 },
  ]);
});
