import { Problem } from '@ptsdly/contract';
import type { Payments } from './payments.ts';

const never = async (): Promise<never> => {
  throw new Problem('conflict', { detail: 'Nothing is charged on this installation.' });
};

/** Complimentary: every plan is given, so there is no method, no charge and no event. */
export const none: Payments = {
  name: 'none',
  ways: [],
  checkout: never,
  method: never,
  charge: never,
  lookup: async () => null,
  receive: async () => {
    throw new Problem('not_found');
  },
  forget: async () => undefined,
};
