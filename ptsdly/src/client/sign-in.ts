import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient, Problem, type ProgramTokens, programApi } from '@ptsdly/contract';

/** An access token that has less than this to live is renewed first. */
const SPARE_MS = 60_000;

interface Kept {
  readonly refreshToken: string;
  readonly accessToken: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Headers that prove who asks, made anew for each request. */
export type Authorize = () => Promise<{ readonly authorization: string }>;

/** With an API token, which stays as it is. */
export const byToken =
  (token: string): Authorize =>
  async () => ({ authorization: `Bearer ${token}` });

export function programClient(origin: string): Client<typeof programApi> {
  return createClient(programApi, { baseUrl: origin, fetch: (request) => fetch(request) });
}

/**
 * The sign-in of this user of this machine at one installation, in a file that only he can read. Its refresh token is
 * good once, so whatever renews it writes the next one down before it goes on; several commands at once read each
 * other's, and where they meet the server gives both the same.
 */
export class SignIn {
  readonly #origin: string;
  readonly #folder: string;
  #renewing: Promise<Kept> | undefined;

  constructor(origin: string, folder: string) {
    this.#origin = origin;
    this.#folder = folder;
  }

  async keep({ accessToken, refreshToken, expiresIn }: ProgramTokens): Promise<Kept> {
    const kept: Kept = { refreshToken, accessToken, until: Date.now() + expiresIn * 1000 };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const draft = `${this.#file}.${randomUUID()}`;
    await writeFile(draft, JSON.stringify(kept), { mode: 0o600, flush: true });
    await rename(draft, this.#file);
    return kept;
  }

  async isThere(): Promise<boolean> {
    return (await this.#read()) !== undefined;
  }

  /** Rejects with one plain sentence when nobody is signed in here any more. */
  readonly authorize: Authorize = async () => {
    const kept = await this.#read();
    if (!kept) throw new Error(GONE);
    if (kept.until - SPARE_MS > Date.now()) return { authorization: `Bearer ${kept.accessToken}` };
    this.#renewing ??= this.#renew(kept).finally(() => {
      this.#renewing = undefined;
    });
    return { authorization: `Bearer ${(await this.#renewing).accessToken}` };
  };

  /** Ends it here and at the server; resolves to false where nobody was signed in. */
  async end(): Promise<boolean> {
    const kept = await this.#read();
    if (!kept) return false;
    const { refreshToken } = kept;
    await programClient(this.#origin).revokeTokens({ body: { refreshToken } });
    await rm(this.#file, { force: true });
    return true;
  }

  async #renew({ refreshToken }: Kept): Promise<Kept> {
    try {
      return await this.keep(await programClient(this.#origin).refreshTokens({ body: { refreshToken } }));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'invalid_grant') throw error;
      const now = await this.#read();
      if (now && now.refreshToken !== refreshToken) return now; // another command has renewed it
      await rm(this.#file, { force: true });
      throw new Error(GONE, { cause: error });
    }
  }

  get #file(): string {
    const name = createHash('sha256').update(this.#origin).digest('hex').slice(0, 16);
    return join(this.#folder, `sign-in-${name}.json`);
  }

  async #read(): Promise<Kept | undefined> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8')) as Kept;
    } catch {
      return undefined; // none, or one that somebody has damaged: then it is made anew
    }
  }
}

const GONE = 'This sign-in has ended. Sign in again with `ptsdly login`.';
