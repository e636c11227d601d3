import { z } from 'zod';

/**
 * What an API token may be allowed to do. `write` includes `read` of the same noun. A call that names no scope is
 * for a person's own session only: no API token reaches it, whatever it carries.
 */
export const scopes = [
  'account:read',
  'servers:read',
  'videos:read',
  'videos:write',
  'links:read',
  'links:write',
] as const;
export const scope = z.enum(scopes);
export type Scope = z.infer<typeof scope>;

/**
 * Whether the `scope` claim of a token (RFC 8693 §4.2: names with spaces between them) suffices. An empty claim is
 * that of a session, which may do all that its person may.
 */
export function hasScope(claim: string, needed: Scope | undefined): boolean {
  if (claim === '') return true;
  if (needed === undefined) return false;
  const given = claim.split(' ');
  return given.includes(needed) || given.includes(needed.replace(/:read$/, ':write'));
}
