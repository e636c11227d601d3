import { z } from 'zod';
import { bytes } from './fields.ts';

/**
 * Bytes that a media server hands over to the gateway of its own machine, which reads them from the file itself instead
 * of having them sent through a socket. The gateway asks with this header (`ask`), and drops it from what clients send;
 * the answer carries it (`offer` as JSON) and no body, and the gateway drops it from what clients are sent.
 */
export const OFFLOAD_HEADER = 'x-ptsdly-offload';

/** Longest piece that is handed over, in bytes: at most one segment (DESIGN §6.3). */
export const OFFLOAD_MOST = 16 * 1024 * 1024;

/**
 * What the gateway asks. `offer`: may these bytes be read from a file? `renew`: may they still? (answered like `offer`,
 * and counted for nothing). `sent=<n>`: likewise, and so many other bytes have gone out by this right. `unsent=<n>`: likewise,
 * and so many of the bytes that were handed over have not gone out.
 */
export const offloadAsk = z.string().regex(/^(offer|renew|sent=\d{1,12}|unsent=\d{1,9})$/);

export const offloadOffer = z.object({
  /** Name of the object, which is its path below the folder of the server's objects. */
  object: z.string().regex(/^[a-z0-9-]{1,64}(\/[a-z0-9-]{1,64})?$/),
  /** Bytes of the whole object. */
  size: bytes,
  offset: bytes,
  length: z.int().positive().max(OFFLOAD_MOST),
  /** Whose right it is: the owner's own, or that of a play session, which ends within a second of its link. */
  by: z.enum(['owner', 'session']),
  /** The right is to any piece of the object, under the same head but for its range. */
  any: z.boolean().optional(),
});
export type OffloadOffer = z.infer<typeof offloadOffer>;
