import { google } from './google.ts';
import { kakao } from './kakao.ts';
import { oidc } from './oidc.ts';
import type { Provider, Providers } from './provider.ts';
import type { ProviderCalls } from './provider-calls.ts';

/** The providers that are configured, in the order in which they are offered. */
export function openProviders(settings: Providers, calls: ProviderCalls): Provider[] {
  return [
    ...(settings.google ? [google(settings.google, calls)] : []),
    ...(settings.kakao ? [kakao(settings.kakao, calls)] : []),
    ...(settings.oidc ?? []).map((issuer) =>
      oidc({ ...issuer, scopes: ['openid', 'email', 'profile'] }, calls),
    ),
  ];
}
