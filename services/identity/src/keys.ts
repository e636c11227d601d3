import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Logger } from '@ptsdly/kit';
import { calculateJwkThumbprint, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Kysely } from 'kysely';
import type { IdentityTables } from './schema.ts';

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
    const sealing = sealingKey(secret);
    const rows = await db.selectFrom('signing_key').selectAll().orderBy('createdAt', 'desc').execute();
    for (const row of rows) {
      const privateKey = unseal(row.privateSealed, sealing);
      if (privateKey) return new SigningKeys(row.id, privateKey, [JSON.parse(row.publicJwk)]);
    }
    if (rows.length > 0) log.warn('the secret has changed: everybody has to sign in again');
    return SigningKeys.#make(db, sealing);
  }

  static async #make(db: Kysely<IdentityTables>, sealing: Buffer): Promise<SigningKeys> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const id = await calculateJwkThumbprint(jwk);
    const publicJwk: JWK = { ...jwk, kid: id, alg: ALGORITHM, use: 'sig' };
    await db
      .insertInto('signing_key')
      .values({
        id,
        publicJwk: JSON.stringify(publicJwk),
        privateSealed: seal(privateKey, sealing),
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

function sealingKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'ptsdly identity signing key', 32));
}

function seal(key: KeyObject, sealing: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealing, iv);
  const sealed = Buffer.concat([cipher.update(key.export({ format: 'der', type: 'pkcs8' })), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

function unseal(text: string, sealing: Buffer): KeyObject | undefined {
  const bytes = Buffer.from(text, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  try {
    const der = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined; // sealed under another secret
  }
}
