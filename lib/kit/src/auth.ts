import { createHash } from 'node:crypto';
import { Problem, type TokenClaims, tokenClaims } from '@ptsdly/contract';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from 'jose';

/** Issuers of the platform, as `iss` carries them. */
export const issuers = { identity: 'ptsdly:identity', links: 'ptsdly:links' } as const;

const ALGORITHMS = ['EdDSA', 'ES256'];
const REFETCH_MS = 30_000;
/** Keys that are taken back are refused after this. */
const KEYS_MS = 5 * 60_000;
const CACHE_SIZE = 5000;
const CLOCK_TOLERANCE_S = 5;

/** Who calls: the claims of a token that identity signed for this service. */
export type Caller = TokenClaims;

export interface TokenVerifier {
  /** The payload of a valid token of `issuer` for `audience`. Rejects with `unauthenticated`. */
  verify(token: string, audience: string): Promise<JWTPayload>;
}

/**
 * Verifies tokens of one issuer by its public keys (RFC 7519, RFC 7517). Keys come when first needed, again on an
 * unknown `kid`, at most twice a minute, and again after five minutes, when the old ones serve on if the issuer is away.
 * Verified tokens are remembered until they expire, or the keys come again.
 */
export function createVerifier(issuer: string, fetchKeys: () => Promise<{ keys: unknown[] }>): TokenVerifier {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let renewing: Promise<NonNullable<typeof keys>> | undefined;
  const verified = new Map<string, JWTPayload>();

  const areFresh = () => performance.now() - fetchedAt < KEYS_MS;
  const refetch = async () => {
    const fetched = createLocalJWKSet((await fetchKeys()) as JSONWebKeySet);
    verified.clear();
    fetchedAt = performance.now();
    keys = fetched;
    return fetched;
  };
  /** While the issuer is away everybody waits for one attempt, and the next comes half a minute later. */
  const renew = async (old: NonNullable<typeof keys>) => {
    renewing ??= refetch()
      .catch(() => {
        fetchedAt = performance.now() - KEYS_MS + REFETCH_MS;
        return old;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };
  const present = async () => {
    if (!keys) return refetch();
    return areFresh() ? keys : renew(keys);
  };
  const check = async (token: string, audience: string) => {
    const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_S };
    try {
      return (await jwtVerify(token, await present(), options)).payload;
    } catch (error) {
      const unknownKey = error instanceof errors.JWKSNoMatchingKey;
      if (!unknownKey || performance.now() - fetchedAt < REFETCH_MS) throw error;
      return (await jwtVerify(token, await refetch(), options)).payload;
    }
  };
  return {
    async verify(token, audience) {
      const key = `${audience} ${createHash('sha256').update(token).digest('base64')}`;
      const known = areFresh() ? verified.get(key) : undefined;
      if (known && (known.exp ?? 0) * 1000 > Date.now()) return known;
      const payload = await check(token, audience).catch((cause: unknown) => {
        if (cause instanceof errors.JOSEError) throw new Problem('unauthenticated', { cause });
        throw cause;
      });
      if (verified.size >= CACHE_SIZE) verified.delete(verified.keys().next().value as string);
      verified.set(key, payload);
      return payload;
    },
  };
}

/** The caller in a token of identity for `audience`. Rejects with `unauthenticated`. */
export async function verifyCaller(
  verifier: TokenVerifier,
  token: string,
  audience: string,
): Promise<Caller> {
  const claims = tokenClaims.safeParse(await verifier.verify(token, audience));
  if (!claims.success) throw new Problem('unauthenticated');
  return claims.data;
}

export function bearer(headers: Headers): string | undefined {
  return /^Bearer (\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
}

/**
 * Tokens that services show each other on `/internal/*`: HS256 under one key that all services of an
 * installation share and no media server ever sees; 60 s, one audience.
 */
export interface ServiceTokens {
  sign(audience: string): Promise<string>;
  /** Rejects with `forbidden`. */
  verify(token: string | undefined, audience: string): Promise<void>;
}

const SERVICE_TOKEN_S = 60;

export function createServiceTokens(name: string, key: Uint8Array): ServiceTokens {
  const signed = new Map<string, { token: string; until: number }>();
  return {
    async sign(audience) {
      const known = signed.get(audience);
      if (known && known.until > Date.now()) return known.token;
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(`service:${name}`)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${SERVICE_TOKEN_S}s`)
        .sign(key);
      signed.set(audience, { token, until: Date.now() + (SERVICE_TOKEN_S * 1000) / 2 });
      return token;
    },
    async verify(token, audience) {
      try {
        await jwtVerify(token ?? '', key, {
          audience,
          algorithms: ['HS256'],
          clockTolerance: CLOCK_TOLERANCE_S,
        });
      } catch (cause) {
        throw new Problem('forbidden', { cause });
      }
    },
  };
}
