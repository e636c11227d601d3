export type { IssuerSettings, Providers } from './providers/provider.ts';
export { migrations } from './schema.ts';
export { type IdentityOptions, openIdentity } from './service.ts';
