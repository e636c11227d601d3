import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Logger } from '@ptsdly/kit';
import { calculateJwkThumbprint, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Kysely } from 'kysely';
import type { IdentityTables } from './schema.ts';
import { Sealing } from './sealing.ts';

const ALGORITHM = 'EdDSA';

/**
 * The Ed25519 key that signs our tokens (RFC 8037), kept in the database so that a restart changes nothing.
 * The private half is sealed with AES-256-GCM under a key derived from the secret (RFC 5869).
 */
export class SigningKeys {
  readonly #id: string;
  readonly #privateKey: KeyObject;
  readonly #public: readonly JWK[];

  private constructor(id: string, privateKey: KeyObject, publicKeys: readonly JWK[]) {
    this.#id = id;
    this.#privateKey = privateKey;
    this.#public = publicKeys;
  }

  /** Opens the newest key, or makes one: at the first start, and when the secret has changed. */
  static async open(db: Kysely<IdentityTables>, secret: string, log: Logger): Promise<SigningKeys> {
    const sealing = new Sealing(secret, 'ptsdly identity signing key');
    const rows = await db.selectFrom('signing_key').selectAll().orderBy('createdAt', 'desc').execute();
    for (const row of rows) {
      const privateKey = opened(sealing.open(row.privateSealed));
      if (privateKey) return new SigningKeys(row.id, privateKey, [JSON.parse(row.publicJwk)]);
    }
    if (rows.length > 0) log.warn('the secret has changed: everybody has to sign in again');
    return SigningKeys.#make(db, sealing);
  }

  static async #make(db: Kysely<IdentityTables>, sealing: Sealing): Promise<SigningKeys> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const id = await calculateJwkThumbprint(jwk);
    const publicJwk: JWK = { ...jwk, kid: id, alg: ALGORITHM, use: 'sig' };
    await db
      .insertInto('signing_key')
      .values({
        id,
        publicJwk: JSON.stringify(publicJwk),
        privateSealed: sealing.seal(privateKey.export({ format: 'der', type: 'pkcs8' })),
        createdAt: new Date().toISOString(),
      })
      .execute();
    return new SigningKeys(id, privateKey, [publicJwk]);
  }

  /** The public keys (RFC 7517 §5). */
  jwks(): { keys: Record<string, unknown>[] } {
    return { keys: this.#public.map((key) => ({ ...key })) };
  }

  sign(claims: JWTPayload): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: this.#id }).sign(this.#privateKey);
  }
}

function opened(der: Buffer | undefined): KeyObject | undefined {
  return der && createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
