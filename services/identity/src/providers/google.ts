import { oidc } from './oidc.ts';
import type { Provider, Providers } from './provider.ts';
import type { ProviderCalls } from './provider-calls.ts';

const ISSUER = 'https://accounts.google.com';

/** Google: OpenID Connect as the book says; `sub` is the person, the e-mail address only an attribute. */
export function google(settings: NonNullable<Providers['google']>, calls: ProviderCalls): Provider {
  const { clientId, clientSecret, issuer = ISSUER } = settings;
  const scopes = ['openid', 'email', 'profile'];
  const parameters = { prompt: 'select_account' };
  return oidc({ id: 'google', name: 'Google', issuer, clientId, clientSecret, scopes, parameters }, calls);
}
