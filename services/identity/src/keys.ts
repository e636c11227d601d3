import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Logger } from '@ptsdly/kit';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  SignJWT,
} from 'jose';
import type { Kysely } from 'kysely';
import { OPERATOR, writeAct } from './audit.ts';
import type { IdentityTables } from './schema.ts';
import { Sealing } from './sealing.ts';

const ALGORITHM = 'EdDSA';
/**
 * A new key is published for this long before it signs. A service asks again for an unknown key only half a minute after
 * it asked last, and a media server hears what its host heard up to a minute ago.
 */
const LEAD_MS = 5 * 60_000;
/** An old key is published for this long after its last signature; a token lives for one minute. */
const FAREWELL_MS = 10 * 60_000;
const MAX_AGE_MS = 90 * 24 * 3600_000;

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * The Ed25519 keys that sign our tokens (RFC 8037), kept in the database so that a restart changes nothing. The private
 * halves are sealed with AES-256-GCM under a key derived from the secret (RFC 5869). Which one signs follows from their
 * ages alone, so that several processes over one database change over at the same moment.
 */
export class SigningKeys {
  readonly #db: Kysely<IdentityTables>;
  readonly #sealing: Sealing;
  /** Oldest first, at least one. */
  #keys: readonly Key[] = [];

  private constructor(db: Kysely<IdentityTables>, secret: string) {
    this.#db = db;
    this.#sealing = new Sealing(secret, 'ptsdly identity signing key');
  }

  /** Opens the keys, or makes one: at the first start, and when the secret has changed. */
  static async open(db: Kysely<IdentityTables>, secret: string, log: Logger): Promise<SigningKeys> {
    const keys = new SigningKeys(db, secret);
    const sealed = await keys.refresh();
    if (keys.#keys.length > 0) return keys;
    if (sealed > 0) log.warn('the secret has changed: everybody has to sign in again');
    await keys.#add();
    return keys;
  }

  /** Reads what other processes have made or removed. Answers how many keys there are, also of another secret. */
  async refresh(): Promise<number> {
    const rows = await this.#db
      .selectFrom('signing_key')
      .selectAll()
      .orderBy('createdAt')
      .orderBy('id')
      .execute();
    this.#keys = rows.flatMap(({ id, publicJwk, privateSealed, createdAt }) => {
      const privateKey = opened(this.#sealing.open(privateSealed));
      const jwk = JSON.parse(publicJwk) as JWK;
      return privateKey ? [{ id, privateKey, jwk, createdAt: Date.parse(createdAt) }] : [];
    });
    return rows.length;
  }

  /** As an operator wants it: the next key now, whatever the age of the present one. */
  async rotate(): Promise<{ id: string; signsFrom: string }> {
    const next = await this.#add();
    await writeAct(this.#db, { actor: OPERATOR, action: 'keys.rotate', subject: next.id, detail: '' });
    return next;
  }

  /** Makes the next key. It signs after a while, when every service knows it; the first one signs at once. */
  async #add(): Promise<{ id: string; signsFrom: string }> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const id = await calculateJwkThumbprint(jwk);
    const publicJwk: JWK = { ...jwk, kid: id, alg: ALGORITHM, use: 'sig' };
    const isFirst = this.#keys.length === 0;
    const now = Date.now();
    await this.#db
      .insertInto('signing_key')
      .values({
        id,
        publicJwk: JSON.stringify(publicJwk),
        privateSealed: this.#sealing.seal(privateKey.export({ format: 'der', type: 'pkcs8' })),
        createdAt: new Date(now).toISOString(),
      })
      .execute();
    await this.refresh();
    return { id, signsFrom: new Date(isFirst ? now : now + LEAD_MS).toISOString() };
  }

  /** Makes the next key when the newest is old, and removes those whose last token has ended. */
  async maintain(): Promise<void> {
    await this.refresh();
    const newest = this.#keys.at(-1);
    if (!newest || newest.createdAt < Date.now() - MAX_AGE_MS) await this.#add();
    const published = new Set(this.#published());
    const gone = this.#keys.filter((key) => !published.has(key)).map(({ id }) => id);
    if (gone.length === 0) return;
    await this.#db.deleteFrom('signing_key').where('id', 'in', gone).execute();
    await this.refresh();
  }

  /** The public keys (RFC 7517 §5): of the one that signs, of the next, and of those whose tokens may still live. */
  jwks(): { keys: Record<string, unknown>[] } {
    return { keys: this.#published().map(({ jwk }) => ({ ...jwk })) };
  }

  /** Finds the key of a token among the published ones. */
  readonly verificationKey: JWTVerifyGetKey = (header, token) =>
    createLocalJWKSet(this.jwks() as unknown as JSONWebKeySet)(header, token);

  sign(claims: JWTPayload): Promise<string> {
    const now = Date.now();
    const { id, privateKey } = (this.#keys.findLast(({ createdAt }) => createdAt + LEAD_MS <= now) ??
      this.#keys[0]) as Key;
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: id }).sign(privateKey);
  }

  #published(): Key[] {
    const until = Date.now() - LEAD_MS - FAREWELL_MS;
    return this.#keys.filter((_, index) => {
      const next = this.#keys[index + 1];
      return next === undefined || next.createdAt > until;
    });
  }
}

function opened(der: Buffer | undefined): KeyObject | undefined {
  return der && createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
