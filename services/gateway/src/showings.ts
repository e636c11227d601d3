import type { ServerResponse } from 'node:http';
import { type Event, type SessionLink, sessionLink } from '@ptsdly/contract';
import type { Exchange, Filter } from './exchange.ts';
import { isGone, isHttp2 } from './http2.ts';

interface Showing {
  readonly serverId: string;
  readonly link: SessionLink;
  readonly end: () => void;
}

const SESSION = /^\/m\/[^/]+\/s\/([^/]+)\/(.*)$/;
/** Tells its viewer of the end by itself. */
const STREAM = 'events';

/**
 * What is being sent to viewers by link, so that the end of a link ends it here as well: a viewer who reads slowly has
 * megabytes on the way to them when the media server stops, and one that is cut off does not stop at once.
 */
export class Showings {
  readonly #open = new Set<Showing>();

  /** Remembers an answer until it closes. */
  readonly watch: Filter = (exchange) => {
    const [, token = '', piece] = (exchange.server && SESSION.exec(exchange.path)) ?? [];
    if (token === '' || piece === STREAM || isGone(exchange.response)) return;
    const link = sessionLink(token);
    if (!link) return;
    const { response } = exchange;
    const serverId = exchange.server?.id as string;
    const showing = { serverId, link, end: () => endOf(exchange) };
    this.#open.add(showing);
    response.once('close', () => this.#open.delete(showing));
  };

  forget({ data }: Event): void {
    if (data.type !== 'link.changed') return;
    for (const { serverId, link, end } of this.#open) {
      if (serverId !== data.serverId || link.id !== data.linkId) continue;
      if (data.revoked || link.epoch < data.epoch) end();
    }
  }
}

/** What has not begun is refused once its answer comes; a refusal that is on its way may arrive. */
function endOf(exchange: Exchange): void {
  exchange.isEnded = true;
  const { headersSent, statusCode } = exchange.response;
  if (headersSent && statusCode < 400) cut(exchange);
}

/** A reset (RFC 9293 §3.5.2) also drops what the system holds for a slow reader; a plain close would still send it. */
function cut({ request, response }: Pick<Exchange, 'request' | 'response'>): void {
  const { socket }: Partial<Pick<ServerResponse, 'socket'>> = response;
  const isPlain = !isHttp2(request) && socket && !('encrypted' in socket);
  if (isPlain) socket.resetAndDestroy();
  else response.destroy();
}
