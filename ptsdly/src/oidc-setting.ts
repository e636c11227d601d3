import { z } from 'zod';

/** Ids stand in callback paths and must not be those of the built-in ones. */
const issuer = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,30}$/)
    .refine((id) => !['google', 'kakao', 'credential'].includes(id)),
  name: z.string().min(1).max(40),
  issuer: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
});
/** OpenID Connect issuers as one setting: a JSON array. */
export const issuers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('expected JSON');
      return z.NEVER;
    }
  })
  .pipe(z.array(issuer).max(10));
