import { z } from 'zod';

/** Fields that several services share. */
export const id = z.string().min(1).max(64);
export const timestamp = z.iso.datetime();
export const email = z.email().max(254);
/** Bytes. */
export const bytes = z.int().nonnegative();
/** Seconds. */
export const seconds = z.number().nonnegative();
export const locale = z.enum(['ko', 'en']);

export const idParams = z.object({ id });

export const pageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });
