import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { timestamp } from './fields.ts';

/** A charge that nobody owed. It is off the list as soon as the provider has given it back. */
export const refundDue = z.object({
  /** As the provider knows it too. */
  chargeId: z.string(),
  subscriptionId: z.string(),
  /** Empty where the account is gone. */
  userId: z.string(),
  /** Minor units. */
  amount: z.int(),
  currency: z.string(),
  /** `paid_twice`: its invoice was paid by another charge. `ended`: what it paid for had ended. */
  why: z.enum(['paid_twice', 'ended']),
  paidAt: timestamp.nullable(),
});
export type RefundDue = z.infer<typeof refundDue>;

export const refundsApi = {
  listRefunds: endpoint({
    method: 'GET',
    path: '/api/admin/refunds',
    access: 'user',
    role: 'support',
    summary: 'Charges to be refunded at the provider, the oldest first, at most 200, for support',
    response: z.object({ items: z.array(refundDue) }),
  }),
} as const;
