import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2';
import { Problem } from '@ptsdly/contract';

/** Where a request of HTTP/2, which Node shows in the clothes of HTTP/1.1, differs from it. */

export const isHttp2 = ({ httpVersionMajor }: IncomingMessage): boolean => httpVersionMajor === 2;

/** `:authority` takes the place of Host; where both come they must agree (RFC 9113 §8.3.1). */
export function nameHost(request: IncomingMessage): void {
  if (!isHttp2(request)) return;
  const { ':authority': authority, host } = request.headers;
  if (host !== undefined && authority !== undefined && host !== authority) request.headers.host = '';
  else if (authority !== undefined) request.headers.host = String(authority);
}

/** In HTTP/1.1 framing says it; in HTTP/2 the end of the stream does. */
export function hasBody(request: IncomingMessage): boolean {
  const length = Number(request.headers['content-length'] ?? 0);
  if (isHttp2(request)) return length > 0 || !stream(request).endAfterHeaders;
  return request.headers['transfer-encoding'] !== undefined || length > 0;
}

/** A body whose length nobody has said. */
export const isOpenEnded = (request: IncomingMessage): boolean =>
  hasBody(request) && request.headers['content-length'] === undefined;

/** The client has left, or has been cut. */
export function isGone(response: ServerResponse): boolean {
  const { stream } = response as unknown as { stream?: ServerHttp2Stream };
  return response.destroyed || (stream?.destroyed ?? false);
}

function stream(request: IncomingMessage): ServerHttp2Stream {
  const { stream } = request as unknown as Http2ServerRequest;
  if (stream === undefined) throw new Problem('internal');
  return stream;
}
