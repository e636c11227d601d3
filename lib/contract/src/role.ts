import { z } from 'zod';

/** In rising order: `support` reads, `admin` acts. */
export const roles = ['user', 'support', 'admin'] as const;
export const role = z.enum(roles);
export type Role = z.infer<typeof role>;

/** Whether a role includes another. What is unknown includes nothing. */
export function hasRole(given: string, needed: Role): boolean {
  return roles.indexOf(given as Role) >= roles.indexOf(needed);
}
