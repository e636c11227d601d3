import { type Plan, Problem, plan } from '@ptsdly/contract';
import { z } from 'zod';

const GB = 1_000_000_000;

/** The plans on offer, cheapest first: prices in minor units (KRW has none), sizes in bytes. */
const offered: readonly z.input<typeof plan>[] = [
  {
    id: 'starter',
    name: { ko: '스타터', en: 'Starter' },
    price: { amount: 0, currency: 'KRW', interval: 'month' },
    storageBytes: 10 * GB,
    transferBytes: 100 * GB,
    concurrentViewers: 5,
  },
  {
    id: 'plus',
    name: { ko: '플러스', en: 'Plus' },
    price: { amount: 4900, currency: 'KRW', interval: 'month' },
    storageBytes: 200 * GB,
    transferBytes: 1000 * GB,
    concurrentViewers: 25,
  },
  {
    id: 'pro',
    name: { ko: '프로', en: 'Pro' },
    price: { amount: 14_900, currency: 'KRW', interval: 'month' },
    storageBytes: 1000 * GB,
    transferBytes: 5000 * GB,
    concurrentViewers: 100,
  },
];

const catalogue = z
  .array(plan)
  .min(1)
  .refine((items) => new Set(items.map(({ id }) => id)).size === items.length, 'two plans share an id');

export const plans: readonly Plan[] = Object.freeze(catalogue.parse(offered));

/** The plan with this id. Throws `invalid_fields` when there is none. */
export function planById(id: string): Plan {
  const found = plans.find((candidate) => candidate.id === id);
  if (found) return found;
  throw new Problem('invalid_fields', {
    detail: `planId: there is no plan "${id}"`,
    errors: [{ field: 'planId', message: 'there is no such plan' }],
  });
}
