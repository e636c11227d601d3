export type { Providers } from './auth.ts';
export { type IdentityOptions, openIdentity } from './service.ts';
