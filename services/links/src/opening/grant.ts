import { randomUUID } from 'node:crypto';
import type { FrameClaims, GrantClaims } from '@ptsdly/contract';
import { issuers } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose';
import { keys } from '../keys.ts';
import type { LinkRecord } from '../sharing/link.ts';

const ALGORITHM = 'EdDSA';
const GRANT_S = 60;

/** Signs grants with a key of its own, made at the first start and kept in the store. */
export class Grants {
  readonly #key: CryptoKey;
  readonly #kid: string;
  readonly #publicJwk: Record<string, unknown>;

  private constructor(key: CryptoKey, kid: string, publicJwk: Record<string, unknown>) {
    this.#key = key;
    this.#kid = kid;
    this.#publicJwk = publicJwk;
  }

  static async open(kv: Kv): Promise<Grants> {
    if (!(await kv.get(keys.grantKey))) await kv.insert(keys.grantKey, await newKey());
    const jwk = (await kv.get<JWK>(keys.grantKey)) as JWK;
    const { d: _, ...publicJwk } = jwk;
    const key = (await importJWK(jwk, ALGORITHM)) as CryptoKey;
    return new Grants(key, jwk.kid as string, publicJwk);
  }

  /** The public keys (RFC 7517). */
  jwks(): { keys: Record<string, unknown>[] } {
    return { keys: [this.#publicJwk] };
  }

  /** The right to one play session of the link's video: one server, 60 s, never beyond the link's own end. */
  sign(link: LinkRecord, now: number): Promise<string> {
    const issuedAt = Math.floor(now / 1000);
    const linkExp = link.expiresAt === null ? null : Math.floor(link.expiresAt / 1000);
    const claims: GrantClaims = {
      jti: randomUUID(),
      linkId: link.id,
      epoch: link.epoch,
      videoId: link.videoId,
      startAt: link.startAt,
      endAt: link.endAt,
      allowDownload: link.allowDownload,
      linkExp,
    };
    return this.#sign(claims, link.serverId, issuedAt, Math.min(issuedAt + GRANT_S, linkExp ?? Infinity));
  }

  /** The right to one picture of a video, for ourselves: one server, 60 s. */
  signFrame(serverId: string, claims: FrameClaims, now: number): Promise<string> {
    const issuedAt = Math.floor(now / 1000);
    return this.#sign(claims, serverId, issuedAt, issuedAt + GRANT_S);
  }

  #sign(claims: object, serverId: string, issuedAt: number, expiresAt: number): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.#kid })
      .setIssuer(issuers.links)
      .setAudience(`server:${serverId}`)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#key);
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: ALGORITHM, use: 'sig' };
}
