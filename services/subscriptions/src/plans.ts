import { readFileSync } from 'node:fs';
import { type Plan, Problem, plan } from '@ptsdly/contract';
import { z } from 'zod';

const GB = 1_000_000_000;

/** The plans where an installation names none, cheapest first: prices in minor units (KRW has none), sizes in bytes. */
const usual: readonly z.input<typeof plan>[] = [
  {
    id: 'starter',
    name: { ko: '스타터', en: 'Starter' },
    price: { amount: 0, currency: 'KRW', interval: 'month' },
    storageBytes: 10 * GB,
    transferBytes: 100 * GB,
    concurrentViewers: 5,
    transcodeShare: 1,
  },
  {
    id: 'plus',
    name: { ko: '플러스', en: 'Plus' },
    price: { amount: 4900, currency: 'KRW', interval: 'month' },
    storageBytes: 200 * GB,
    transferBytes: 1000 * GB,
    concurrentViewers: 25,
    transcodeShare: 2,
  },
  {
    id: 'pro',
    name: { ko: '프로', en: 'Pro' },
    price: { amount: 14_900, currency: 'KRW', interval: 'month' },
    storageBytes: 1000 * GB,
    transferBytes: 5000 * GB,
    concurrentViewers: 100,
    transcodeShare: 4,
  },
];

const catalogue = z
  .array(plan)
  .min(1)
  .refine((items) => new Set(items.map(({ id }) => id)).size === items.length, 'two plans share an id')
  .refine(
    (items) => new Set(items.map(({ price }) => price.currency)).size === 1,
    'plans must have one currency, or a change of plan could not be counted',
  );

/** The plans of an installation. */
export class Plans {
  readonly items: readonly Plan[];

  constructor(items: readonly z.input<typeof plan>[] = usual) {
    this.items = Object.freeze(catalogue.parse(items));
  }

  /** From a file of JSON: `[{id, name: {ko, en}, price: {amount, currency, interval}, …}]`. Throws a plain sentence. */
  static read(file: string | undefined): Plans {
    if (file === undefined) return new Plans();
    try {
      return new Plans(JSON.parse(readFileSync(file, 'utf8')) as z.input<typeof plan>[]);
    } catch (cause) {
      const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
      throw new Error(`The plans in ${file} cannot be used: ${why}`, { cause });
    }
  }

  /** The plan of a subscription. Throws when the file no longer has it: nothing may be charged by guess. */
  of(id: string): Plan {
    const found = this.items.find((candidate) => candidate.id === id);
    if (found) return found;
    throw new Error(`a subscription has the plan "${id}", which is not among the plans of this installation`);
  }

  /** The plan that somebody chooses. Throws `invalid_fields` when it is not on offer. */
  choose(id: string): Plan {
    const found = this.items.find((candidate) => candidate.id === id && candidate.offered);
    if (found) return found;
    throw new Problem('invalid_fields', {
      detail: `planId: there is no plan "${id}"`,
      errors: [{ field: 'planId', message: 'there is no such plan' }],
    });
  }
}
