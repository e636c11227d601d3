export type { IssuerSettings, Providers } from './providers/provider.ts';
export { type IdentityOptions, openIdentity } from './service.ts';
