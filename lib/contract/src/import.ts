import { z } from 'zod';

/**
 * How a media server, which has no network of its own, asks its host for a file: `POST <control>/imports` with this
 * body. The answer is 200 with the bytes from `import-offset` on, and `importHeaders`; or a problem, before any byte.
 * A body that breaks off is asked for again from where it ended.
 */
export const importOrder = z.object({
  url: z.string().max(2000),
  /** Bytes that are there already. */
  from: z.int().nonnegative(),
  /** Names the content that they belong to, as the first answer told it; null when it told nothing. */
  validator: z.string().max(300).nullable(),
  /** Most bytes that the whole file may have. */
  limit: z.int().nonnegative(),
});
export type ImportOrder = z.infer<typeof importOrder>;

/** Headers of the answer; text is percent-encoded. */
export const importHeaders = {
  /** Where the body begins: `from`, or 0 when the other side begins anew. */
  offset: 'import-offset',
  /** Bytes of the whole file; absent when the other side does not tell. */
  size: 'import-size',
  name: 'import-name',
  type: 'import-type',
  /** A strong validator (RFC 9110 §8.8), when there is one. */
  validator: 'import-validator',
} as const;
