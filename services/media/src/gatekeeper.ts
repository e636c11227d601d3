import type { IncomingMessage } from 'node:http';
import { Problem } from '@ptsdly/contract';
import { admit, type Caller, type TokenVerifier } from '@ptsdly/kit';
import type { Rights } from './playback/rights.ts';

/**
 * A verifier that knows one person: anybody else, however well signed in, is told what a stranger to the
 * server is told, that there is nothing here.
 */
export function ownerOnly(verifier: TokenVerifier, ownerId: string, rights: Rights): TokenVerifier {
  return {
    async verify(token, audience) {
      const payload = await verifier.verify(token, audience);
      if (payload.sub !== ownerId) throw new Problem('not_found');
      if (rights.isSignedOut(String(payload.sid))) throw new Problem('unauthenticated');
      return payload;
    },
  };
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** The owner behind a request on a byte path. Rejects with `unauthenticated`, `not_found` or `insufficient_scope`. */
export type Gatekeeper = (request: IncomingMessage) => Promise<Caller>;

export function createGatekeeper(callers: TokenVerifier, audience: string): Gatekeeper {
  return async (request) => {
    const headers = new Headers({ authorization: request.headers.authorization ?? '' });
    const scope = SAFE_METHODS.has(request.method ?? '') ? 'videos:read' : 'videos:write';
    return (await admit(headers, 'user', { callers, audience }, scope)) as Caller;
  };
}
