import { Problem, reservedWords } from '@ptsdly/contract';
import { type Exchange, type Filter, header } from './exchange.ts';
import type { RouteTable } from './route.ts';
import { wantsWebSocket } from './upgrade.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what two parsers could read in two ways, so that the path which is routed is the path which is
 * forwarded: absolute-form and `//`, dot segments, encoded separators and NUL (RFC 9112 §3.2, RFC 3986 §6.2).
 */
export const refuseAmbiguous: Filter = ({ request, path }) => {
  const target = request.url ?? '';
  const ambiguous =
    !target.startsWith('/') ||
    path.includes('//') ||
    path.includes('\\') ||
    /%(2e|2f|5c|00)/i.test(path) ||
    /(^|\/)\.{1,2}(\/|$)/.test(path) ||
    target.includes('#');
  if (ambiguous) throw new Problem('bad_request', { detail: 'The path is written in an ambiguous way.' });
};

/** Headers that say where a body ends and when it comes. Dropped on the way, its bytes would be the next request. */
const FRAMING = /(^|[\s,])(content-length|transfer-encoding|expect|host)([\s,]|$)/i;

/** Refuses to treat the framing of a message as a matter of one connection (RFC 9110 §7.6.1, RFC 9112 §6.3). */
export const refuseHiddenFraming: Filter = ({ request }) => {
  if (!FRAMING.test(request.headers.connection ?? '')) return;
  throw new Problem('bad_request', { detail: 'The Connection header names a header of the message.' });
};

/** A second Host is for another reader than us; Node keeps the first (RFC 9112 §3.2). */
export const refuseTwoHosts: Filter = ({ request: { rawHeaders } }) => {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) throw new Problem('bad_request', { detail: 'There is more than one Host header.' });
};

/** Finds the row of the table; fixed words at the root are never codes, whatever a service has there. Rejects with `not_found`, or `method_not_allowed` and the methods on offer. */
export const findRoute =
  (table: RouteTable): Filter =>
  (exchange) => {
    const method = exchange.request.method ?? 'GET';
    const match = table.match(method, exchange.path);
    if (match && !reservedWords.has(match.params.code ?? '')) {
      exchange.route = match.route;
      exchange.params = match.params;
      return;
    }
    const allowed = match ? [] : table.allowedMethods(exchange.path);
    if (allowed.length === 0) throw new Problem('not_found');
    throw new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } });
  };

/** Refuses a body that is declared too large before a byte of it is read. */
export const limitSize: Filter = ({ request, route }) => {
  const length = Number(header(request, 'content-length') ?? 0);
  if (route?.maxBody !== undefined && length > route.maxBody) throw new Problem('body_too_large');
};

/**
 * Unsafe methods that a browser may send with its cookie, and WebSockets, must come from our own pages
 * (OWASP CSRF: verify the origin). API clients send no cookie and no Origin.
 */
export const checkOrigin =
  (origin: string): Filter =>
  ({ request }: Exchange) => {
    if (SAFE_METHODS.has(request.method ?? 'GET') && !wantsWebSocket(request)) return;
    const from = header(request, 'origin');
    const browser = from !== undefined || header(request, 'cookie') !== undefined;
    if (browser && from !== origin) throw new Problem('origin_not_allowed');
  };

/**
 * Answers only under names that are ours: under a foreign one a page elsewhere could speak to us as to its own server
 * (DNS rebinding), and caches could keep our answers for it. Rejects with `host_not_allowed`.
 */
export const refuseForeignHosts = (hosts: readonly string[]): Filter => {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return ({ request }) => {
    const host = (header(request, 'host') ?? '').toLowerCase();
    if (!allowed.has(host) && !LOOPBACK.test(host)) throw new Problem('host_not_allowed');
  };
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/**
 * Somebody on this machine who opens a page under its other name (`127.0.0.1` for `localhost`) is sent to the one
 * that the cookie and the allowed origin belong to; else every form would be refused.
 */
export const sendToOrigin =
  (publicUrl: URL): Filter =>
  ({ request, route }) => {
    const host = header(request, 'host') ?? '';
    const misnamed = host !== publicUrl.host && LOOPBACK.test(host) && LOOPBACK.test(publicUrl.host);
    if (!misnamed || route?.upstream !== 'web') return;
    throw new Redirect(publicUrl.origin + request.url);
  };

/** Ends a request with 302 instead of a problem. */
export class Redirect extends Error {
  readonly location: string;

  constructor(location: string) {
    super('redirect');
    this.location = location;
  }
}
