import type { OAuthProvider } from 'better-auth/oauth2';

/** One client at an OpenID Connect issuer. */
export interface IssuerSettings {
  /** Names the callback path `/api/auth/callback/<id>`; lower case. */
  readonly id: string;
  /** What the button says. */
  readonly name: string;
  /** Its discovery document stands below it (OpenID Connect Discovery 1.0 §4). */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

export interface KakaoSettings {
  readonly clientId: string;
  /** Kakao asks for it only when it is switched on in its console. */
  readonly clientSecret?: string | undefined;
  /** Admin key of the app, with which Kakao's own webhooks prove themselves. */
  readonly adminKey?: string | undefined;
  /** False where OpenID Connect is not switched on in Kakao's console: no `id_token` comes then. */
  readonly openId?: boolean;
  /** `https://kauth.kakao.com` where not given. */
  readonly issuer?: string;
  /** `https://kapi.kakao.com` where not given. */
  readonly apiUrl?: string;
}

export interface Providers {
  readonly google?: { readonly clientId: string; readonly clientSecret: string; readonly issuer?: string };
  readonly kakao?: KakaoSettings;
  /** Further issuers, by configuration alone. */
  readonly oidc?: readonly IssuerSettings[];
}

/** A provider as better-auth drives it: its states, cookies, account rows and sessions stay with better-auth. */
export type Provider = OAuthProvider<{ sub: string }>;
