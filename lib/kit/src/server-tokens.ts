import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Problem } from '@ptsdly/contract';

/**
 * What a media server on another machine shows at the control API: `<server id>.<MAC>`, HMAC-SHA256 (RFC 2104) under
 * a key that is derived from the service key (HKDF, RFC 5869). Always the same for a server, so that it may stand in
 * a secret that is compared; it does not expire and is worth nothing once its server is gone, which the caller of
 * `verify` looks up.
 */
export interface ServerTokens {
  sign(serverId: string): string;
  /** The id of the server. Throws `unauthenticated`. */
  verify(token: string | undefined): string;
}

export function createServerTokens(serviceKey: Uint8Array): ServerTokens {
  const key = Buffer.from(hkdfSync('sha256', serviceKey, '', 'ptsdly server token', 32));
  const macOf = (serverId: string) => createHmac('sha256', key).update(serverId).digest();
  return {
    sign: (serverId) => `${serverId}.${macOf(serverId).toString('base64url')}`,
    verify(token = '') {
      const dot = token.lastIndexOf('.');
      const serverId = token.slice(0, Math.max(0, dot));
      const mac = Buffer.from(token.slice(dot + 1), 'base64url');
      const expected = macOf(serverId);
      const isRight = mac.length === expected.length && timingSafeEqual(mac, expected);
      if (!isRight || serverId === '') throw new Problem('unauthenticated');
      return serverId;
    },
  };
}
