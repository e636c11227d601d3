import type { IncomingMessage } from 'node:http';
import { type FrameClaims, frameClaims, Problem } from '@ptsdly/contract';
import { admit, bearer, type Caller, issuers, type TokenVerifier } from '@ptsdly/kit';
import { decodeJwt } from 'jose';
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

/**
 * Who may see a picture: the owner any, links the one that its token names, for the previews of a link that begins there.
 * Answers the owner's session. Rejects as the gatekeeper does.
 */
export type FrameGate = (
  request: IncomingMessage,
  wanted: FrameClaims,
) => Promise<{ readonly sid: string | null }>;

export function createFrameGate(gatekeeper: Gatekeeper, grants: TokenVerifier, audience: string): FrameGate {
  return async (request, { videoId, frameAt }) => {
    const token = bearer(new Headers({ authorization: request.headers.authorization ?? '' }));
    if (token === undefined || !claimsToBeOfLinks(token)) return gatekeeper(request);
    const claims = frameClaims.safeParse(await grants.verify(token, audience));
    const isThis = claims.success && claims.data.videoId === videoId && claims.data.frameAt === frameAt;
    if (!isThis) throw new Problem('unauthenticated');
    return { sid: null };
  };
}

/** What a token says of its issuer, before anybody has verified that. */
function claimsToBeOfLinks(token: string): boolean {
  try {
    return decodeJwt(token).iss === issuers.links;
  } catch {
    return false;
  }
}
