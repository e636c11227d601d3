import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { ownedEmail } from './owned-email.ts';
import type { IssuerSettings, Provider } from './provider.ts';
import { type ProviderCalls, ProviderError } from './provider-calls.ts';

/** Asymmetric ones only: with HS256 our own client secret would be a signing key. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const DISCOVERY_MS = 3600_000;
const CLOCK_TOLERANCE_S = 30;
const MAX_TOKEN_AGE = '1h';

export interface OidcOptions extends IssuerSettings {
  readonly scopes: readonly string[];
  /** Further parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** False where no `id_token` is to be expected; the profile must come from `profile` then. */
  readonly expectsIdToken?: boolean;
  /** Where a provider says more than its `id_token`; must name the same `sub`. */
  readonly profile?: (accessToken: string, claims: JWTPayload | undefined) => Promise<Profile>;
}

export interface Profile {
  readonly sub: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly isEmailVerified: boolean;
  readonly image: string | undefined;
}

const metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
});
const tokenAnswer = z.object({ access_token: z.string(), id_token: z.string().optional() });
const idClaims = z.object({
  sub: z.string().min(1).max(255),
  name: z.string().optional(),
  email: z.string().optional(),
  // Some issuers write the boolean as text.
  email_verified: z.union([z.boolean(), z.stringbool()]).optional().catch(false),
  picture: z.string().optional(),
});

type Endpoints = z.infer<typeof metadata> & { readonly keys: JWTVerifyGetKey };

/**
 * An OpenID Connect issuer (Core 1.0 §3.1) in the code flow with PKCE (RFC 7636, S256) and a nonce, found by its
 * discovery document when first needed, so that an issuer which is away never delays our own start.
 */
export function oidc(options: OidcOptions, calls: ProviderCalls): Provider {
  const { id, clientId, clientSecret } = options;
  const endpoints = discovery(options, calls);
  const expectsIdToken = options.expectsIdToken ?? true;
  return {
    id,
    name: options.name,
    issuer: options.issuer,
    requiresIdTokenNonce: expectsIdToken,
    accountSubject: ({ profile }) => profile.sub,
    async createAuthorizationURL({ state, codeVerifier, redirectURI, idTokenNonce }) {
      const url = new URL((await endpoints()).authorization_endpoint);
      const query = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectURI,
        scope: options.scopes.join(' '),
        state,
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(idTokenNonce ? { nonce: idTokenNonce } : {}),
        ...options.parameters,
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return url;
    },
    async validateAuthorizationCode({ code, codeVerifier = '', redirectURI }) {
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code,
        redirect_uri: redirectURI,
        code_verifier: codeVerifier,
        ...(clientSecret ? { client_secret: clientSecret } : {}),
      });
      const init = { method: 'POST', body, headers: { accept: 'application/json' } };
      const answer = await calls.json(id, (await endpoints()).token_endpoint, tokenAnswer, init);
      return { accessToken: answer.access_token, ...(answer.id_token ? { idToken: answer.id_token } : {}) };
    },
    async getUserInfo({ accessToken = '', idToken, expectedIdTokenNonce }) {
      try {
        if (expectsIdToken && !idToken) throw calls.fail(id, 'provider_misconfigured', 'gave no id_token');
        const claims = idToken ? await verify(idToken, expectedIdTokenNonce) : undefined;
        const profile = options.profile ? await options.profile(accessToken, claims) : fromClaims(claims);
        if (claims && profile.sub !== claims.sub)
          throw calls.fail(id, 'provider_misconfigured', 'sub differs');
        const { name, image } = profile;
        const user = { name, image, ...ownedEmail(profile.email, profile.isEmailVerified) };
        return { user, data: { sub: profile.sub } };
      } catch (error) {
        if (error instanceof ProviderError) return null; // its trouble is noted; better-auth leads to the page
        throw error;
      }
    },
  };

  async function verify(token: string, nonce: string | undefined): Promise<JWTPayload> {
    const { keys, issuer } = await endpoints();
    try {
      const checks = { issuer, audience: clientId, algorithms: ALGORITHMS, maxTokenAge: MAX_TOKEN_AGE };
      const { payload } = await jwtVerify(token, keys, { ...checks, clockTolerance: CLOCK_TOLERANCE_S });
      if (nonce !== undefined && payload.nonce !== nonce)
        throw calls.fail(id, 'invalid_code', 'nonce differs');
      return payload;
    } catch (cause) {
      if (cause instanceof ProviderError) throw cause;
      const isToken = cause instanceof errors.JOSEError && !(cause instanceof errors.JWKSTimeout);
      if (isToken) throw calls.fail(id, 'invalid_code', `id_token was not valid (${cause.code})`, cause);
      throw calls.fail(id, 'provider_unavailable', 'keys could not be fetched', cause);
    }
  }
}

function fromClaims(claims: JWTPayload | undefined): Profile {
  const { sub, name, email, email_verified, picture } = idClaims.parse(claims);
  return { sub, name, email, isEmailVerified: email_verified === true, image: picture };
}

/** The discovery document, kept for an hour; a failure is not kept. */
function discovery({ id, issuer }: OidcOptions, calls: ProviderCalls): () => Promise<Endpoints> {
  let known: { endpoints: Endpoints; until: number } | undefined;
  return async () => {
    if (known && known.until > Date.now()) return known.endpoints;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = await calls.json(id, url, metadata);
    if (found.issuer !== issuer) throw calls.fail(id, 'provider_misconfigured', 'is another issuer');
    const keys = createRemoteJWKSet(new URL(found.jwks_uri), { timeoutDuration: 5000 });
    known = { endpoints: { ...found, keys }, until: Date.now() + DISCOVERY_MS };
    return known.endpoints;
  };
}
