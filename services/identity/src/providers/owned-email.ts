import { randomUUID } from 'node:crypto';

/** The domain of addresses that are none (RFC 2606 §2). */
const NO_EMAIL = '@no-email.invalid';

/**
 * Every user has a unique address; who came from a provider without a verified one gets one that nobody can own. An
 * address that a provider does not vouch for is never kept: it would keep its real owner out.
 */
export function ownedEmail(email: string | undefined, isVerified: boolean) {
  const usable = isVerified && email !== undefined && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email);
  if (usable && !/\.invalid$/i.test(email)) return { email, emailVerified: true };
  return { email: randomUUID() + NO_EMAIL, emailVerified: false };
}

export const isPlaceholder = (email: string) => email.toLowerCase().endsWith(NO_EMAIL);
