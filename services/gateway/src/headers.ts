import type { IncomingHttpHeaders } from 'node:http';
import { OFFLOAD_HEADER, Problem } from '@ptsdly/contract';
import { type Exchange, header } from './exchange.ts';
import { isOpenEnded } from './http2.ts';

/** Connection-level headers, which no proxy passes on (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What belongs to this connection, what a client could forge, and what must not leave the gateway. */
const STRIPPED_FROM_REQUESTS = new Set([
  ...HOP_BY_HOP,
  'host',
  'authorization',
  'cookie',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
  'traceparent',
  OFFLOAD_HEADER,
]);

const COOKIES_FOR: Readonly<Record<string, RegExp>> = {
  /** identity ends sessions and reads its own cookies; links knows a viewer by his. */
  identity: /^(__Host-|__Secure-)?ptsdly/,
  links: /^(__Secure-)?ptsdly_viewer/,
};

/** A provider that calls identity shows a key of its own; it is never one of our tokens, which the relay exchanges. */
const PROVIDER_KEY = /^KakaoAK \S+$/;

/** The headers that an upstream receives, as a flat list of names and values. */
export function requestHeaders(exchange: Exchange, publicUrl: URL): string[] {
  const { request, route, token } = exchange;
  const dropped = connectionNames(request.headers.connection);
  const headers: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    if (
      STRIPPED_FROM_REQUESTS.has(name) ||
      dropped.has(name) ||
      name.startsWith(':') || // of HTTP/2
      isStaleState(name, exchange)
    )
      continue;
    headers.push(name, request.rawHeaders[i + 1] as string);
  }
  headers.push('host', publicUrl.host);
  headers.push('x-request-id', exchange.requestId);
  headers.push('traceparent', exchange.trace.traceparent);
  headers.push('x-forwarded-for', exchange.address);
  headers.push('x-forwarded-proto', publicUrl.protocol.slice(0, -1));
  if (isOpenEnded(request)) headers.push('transfer-encoding', 'chunked');
  if (token) headers.push('authorization', `Bearer ${token}`);
  const key = header(request, 'authorization');
  if (!token && route?.upstream === 'identity' && PROVIDER_KEY.test(key ?? ''))
    headers.push('authorization', key as string);
  const cookie = passedCookies(header(request, 'cookie'), COOKIES_FOR[route?.upstream ?? '']);
  if (cookie) headers.push('cookie', cookie);
  return headers;
}

/** `tracestate` belongs to the trace that came with it. */
function isStaleState(name: string, { trace }: Exchange): boolean {
  return name === 'tracestate' && !trace.isContinued;
}

function passedCookies(cookie: string | undefined, allowed: RegExp | undefined): string {
  if (!cookie || !allowed) return '';
  return cookie
    .split(/;\s*/)
    .filter((part) => allowed.test(part))
    .join('; ');
}

const NO_NAMES: ReadonlySet<string> = new Set();

function connectionNames(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NO_NAMES;
  return new Set(
    (connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
}

/** What an upstream's answer carries to the client, beside `ours`. */
export function responseHeaders(
  headers: IncomingHttpHeaders,
  ours: Readonly<Record<string, string>>,
): Record<string, string | string[]> {
  const dropped = connectionNames(headers.connection);
  const passed: Record<string, string | string[]> = { ...ours };
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || HOP_BY_HOP.has(name) || dropped.has(name)) continue;
    passed[name] = value;
  }
  return passed;
}

/** A tenant's bytes share our origin, so nothing that a browser would run or obey may come from there. */
const TENANT_DROPPED = new Set([
  'set-cookie',
  'clear-site-data',
  'service-worker-allowed',
  'refresh',
  'link',
  'nel',
  OFFLOAD_HEADER,
]);
/** What a proxy before us would obey: nginx reads files for it, Apache and lighttpd too. */
const FOR_PROXIES = /^x-(accel|sendfile|lighttpd|litespeed)/;
const TENANT_TYPES =
  /^(application\/(json|problem\+json|vnd\.apple\.mpegurl|octet-stream|mp4)|video\/[\w.+-]+|audio\/[\w.+-]+|image\/(jpeg|png|webp|avif)|text\/(vtt|event-stream))\s*(;[^,]*)?$/i;

/** Rejects with `upstream_failed` for a content type that is not on the list, or for several: a browser takes the last. */
export function tenantHeaders(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  const type = headers['content-type'];
  if (type !== undefined && !TENANT_TYPES.test(String(type))) throw new Problem('upstream_failed');
  for (const name of Object.keys(headers)) {
    if (TENANT_DROPPED.has(name) || FOR_PROXIES.test(name)) delete headers[name];
  }
  headers['x-content-type-options'] = 'nosniff';
  headers['content-security-policy'] = "sandbox; default-src 'none'";
  return headers;
}
