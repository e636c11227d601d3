import { type Passkey, Problem } from '@ptsdly/contract';
import { type Caller, newId } from '@ptsdly/kit';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Kysely, Selectable } from 'kysely';
import type { Ceremonies } from './ceremonies.ts';
import type { IdentityTables } from './schema.ts';

const MOST = 20;

type Row = Selectable<IdentityTables['passkey']>;

/** What the browser is to be asked, and the secret that its answer comes back with. */
export interface PasskeyDemand {
  readonly options: object;
  readonly secret: string;
}

/**
 * Passkeys (WebAuthn Level 3): discoverable, with user verification, so that each is two factors by itself. Challenges
 * are used once; the answer must name our origin.
 */
export class Passkeys {
  readonly #db: Kysely<IdentityTables>;
  readonly #ceremonies: Ceremonies;
  readonly #origin: string;
  readonly #rpID: string;

  constructor(db: Kysely<IdentityTables>, ceremonies: Ceremonies, origin: string) {
    this.#db = db;
    this.#ceremonies = ceremonies;
    this.#origin = origin;
    this.#rpID = new URL(origin).hostname;
  }

  async list(userId: string): Promise<Passkey[]> {
    const rows = await this.#ofUser(userId);
    return rows.map(({ id, name, createdAt, lastUsedAt }) => ({ id, name, createdAt, lastUsedAt }));
  }

  /** Rejects with `conflict` when there are too many. */
  async beginAdding({ sub }: Caller, name: string): Promise<PasskeyDemand> {
    const known = await this.#ofUser(sub);
    if (known.length >= MOST)
      throw new Problem('conflict', { detail: `There are ${MOST} passkeys already.` });
    const options = await generateRegistrationOptions({
      rpName: 'PTSD.ly',
      rpID: this.#rpID,
      userName: name,
      userID: new Uint8Array(Buffer.from(sub)),
      attestationType: 'none',
      excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return { options, secret: await this.#ceremonies.begin('passkey-new', sub, options.challenge) };
  }

  /** Rejects with `token_invalid` or `passkey_invalid`. */
  async add({ sub }: Caller, secret: string | undefined, name: string, answer: unknown): Promise<Passkey> {
    const ceremony = await this.#ceremonies.take('passkey-new', secret);
    if (ceremony.userId !== sub) throw new Problem('token_invalid');
    const { registrationInfo } = await verified(() =>
      verifyRegistrationResponse({
        ...this.#expected(ceremony.data),
        response: answer as RegistrationResponseJSON,
      }),
    );
    if (!registrationInfo) throw new Problem('passkey_invalid');
    const { credential } = registrationInfo;
    const row: Row = {
      id: newId(),
      userId: sub,
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: JSON.stringify(credential.transports ?? []),
      name,
      createdAt: new Date().toISOString(),
      lastUsedAt: null,
    };
    await this.#db.insertInto('passkey').values(row).execute();
    return { id: row.id, name, createdAt: row.createdAt, lastUsedAt: null };
  }

  async beginSignIn(): Promise<PasskeyDemand> {
    const options = await generateAuthenticationOptions({ rpID: this.#rpID, userVerification: 'required' });
    return { options, secret: await this.#ceremonies.begin('passkey-sign-in', null, options.challenge) };
  }

  /** Whose passkey answered. Rejects with `token_invalid` or `passkey_invalid`. */
  async signIn(secret: string | undefined, answer: unknown): Promise<string> {
    const ceremony = await this.#ceremonies.take('passkey-sign-in', secret);
    const response = answer as AuthenticationResponseJSON;
    const row = await this.#db
      .selectFrom('passkey')
      .selectAll()
      .where('credentialId', '=', String(response.id))
      .executeTakeFirst();
    if (!row) throw new Problem('passkey_invalid');
    const publicKey = new Uint8Array(Buffer.from(row.publicKey, 'base64url'));
    const credential = { id: row.credentialId, publicKey, counter: row.counter };
    const result = await verified(() =>
      verifyAuthenticationResponse({ ...this.#expected(ceremony.data), response, credential }),
    );
    if (!result.verified) throw new Problem('passkey_invalid');
    await this.#db
      .updateTable('passkey')
      .set({ counter: result.authenticationInfo.newCounter, lastUsedAt: new Date().toISOString() })
      .where('id', '=', row.id)
      .execute();
    return row.userId;
  }

  /** Rejects with `not_found`, or `last_sign_in_method`. */
  async remove({ sub }: Caller, id: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      const accounts = await trx.selectFrom('account').select('id').where('userId', '=', sub).execute();
      const passkeys = await trx.selectFrom('passkey').select('id').where('userId', '=', sub).execute();
      if (!passkeys.some((passkey) => passkey.id === id)) throw new Problem('not_found');
      if (accounts.length + passkeys.length === 1) throw new Problem('last_sign_in_method');
      await trx.deleteFrom('passkey').where('id', '=', id).execute();
    });
  }

  #ofUser(userId: string): Promise<Row[]> {
    return this.#db.selectFrom('passkey').selectAll().where('userId', '=', userId).orderBy('id').execute();
  }

  #expected(challenge: string) {
    const expectedChallenge = challenge;
    return {
      expectedChallenge,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpID,
      requireUserVerification: true,
    };
  }
}

/** The library rejects with plain errors whatever is wrong with an answer: none of it is a fault of ours. */
async function verified<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    throw new Problem('passkey_invalid', { cause });
  }
}
