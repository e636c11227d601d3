import { createClient, type Event, identityInternalApi, Problem } from '@ptsdly/contract';
import { type Address, internalPeer, type ServiceTokens } from '@ptsdly/kit';
import { type Exchange, type Filter, header } from './exchange.ts';

/** No token is used for longer than this after identity gave it out, so that a revocation is felt. */
const CACHE_MS = 5000;
const CACHE_SIZE = 10_000;

type Credential = { readonly cookie: string } | { readonly subjectToken: string };

interface Relayed {
  readonly token: string;
  readonly sessionId: string;
  readonly sub: string;
  readonly until: number;
}

/**
 * Token relay: turns the browser's session cookie (or a client's token) into one short token for the one
 * audience that the route leads to. The credential itself never goes further.
 */
export class TokenRelay {
  readonly #identity;
  readonly #cookieName: string;
  readonly #cache = new Map<string, Relayed>();
  readonly #asked = new Map<string, Promise<Relayed>>();

  /** `secure`: under https only the `__Host-` cookie counts, because a sibling host can plant any other. */
  constructor(identity: Address, tokens: ServiceTokens, secure: boolean) {
    this.#identity = createClient(identityInternalApi, internalPeer('identity', identity, tokens));
    this.#cookieName = secure ? '__Host-ptsdly' : 'ptsdly';
  }

  /** Sets `exchange.token` as the route's access asks. Rejects with `unauthenticated`. */
  readonly filter: Filter = (exchange) => {
    const access = exchange.route?.access;
    if (access !== 'user' && access !== 'optional') return;
    const credential = this.#credential(exchange);
    if (!credential) {
      if (access === 'optional') return;
      throw new Problem('unauthenticated');
    }
    const audience = audienceOf(exchange);
    const secret = 'cookie' in credential ? `cookie ${credential.cookie}` : credential.subjectToken;
    const key = `${audience} ${secret}`;
    const known = this.#cache.get(key);
    if (known && known.until > Date.now()) return give(exchange, known);
    return this.#asking(credential, audience, key).then(
      (relayed) => give(exchange, relayed),
      (error: unknown) => {
        const refused = error instanceof Problem && error.code === 'unauthenticated';
        if (!refused || access !== 'optional') throw error;
      },
    );
  };

  /** A session that identity has ended is forgotten at once. */
  forget({ data }: Event): void {
    if (data.type !== 'session.revoked') return;
    for (const [key, relayed] of this.#cache) {
      if (relayed.sessionId === data.sessionId) this.#cache.delete(key);
    }
  }

  #credential({ request }: Exchange): Credential | undefined {
    const token = /^Bearer (\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1];
    if (token) return { subjectToken: token };
    for (const part of (header(request, 'cookie') ?? '').split(/;\s*/)) {
      const equals = part.indexOf('=');
      if (part.slice(0, equals) === this.#cookieName) return { cookie: part.slice(equals + 1) };
    }
    return undefined;
  }

  /** Whoever wants the same meanwhile waits for the same answer. */
  #asking(credential: Credential, audience: string, key: string): Promise<Relayed> {
    const asked = this.#asked.get(key) ?? this.#ask(credential, audience, key);
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(credential: Credential, audience: string, key: string): Promise<Relayed> {
    const answer = await this.#identity
      .issueToken({ body: { audience, ...credential } })
      .finally(() => this.#asked.delete(key));
    const until = Math.min(Date.now() + CACHE_MS, Date.parse(answer.expiresAt));
    if (this.#cache.size >= CACHE_SIZE) this.#cache.delete(this.#cache.keys().next().value as string);
    const relayed = { token: answer.token, sessionId: answer.sid, sub: answer.sub, until };
    this.#cache.set(key, relayed);
    return relayed;
  }
}

function give(exchange: Exchange, { token, sub }: Relayed): void {
  exchange.token = token;
  exchange.sub = sub;
}

function audienceOf({ route, server }: Exchange): string {
  return route?.upstream === 'media' ? `server:${server?.id}` : (route?.upstream ?? '');
}
