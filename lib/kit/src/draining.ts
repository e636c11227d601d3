import { type IncomingMessage, ServerResponse } from 'node:http';
import { type Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as afterAccepting } from 'node:timers/promises';

/** An open answer that ends by nobody's work: its reader comes back by itself when it is cut. */
const LONG_POLL = /^\/internal\/events\b/;
const EVENT_STREAM = /^text\/event-stream\b/i;

/**
 * How a server takes its leave: from `begin` every answer asks its client to use another connection (RFC 9112 §9.6),
 * so that when the door closes nobody is about to write into one of ours; `endWaiting` ends long polls and event
 * streams, whose readers come back by themselves.
 */
export class Draining {
  #begun = false;
  readonly #waiting = new Set<ServerResponse>();
  readonly #upgraded = new Set<Duplex>();

  get begun(): boolean {
    return this.#begun;
  }

  begin(): void {
    this.#begun = true;
  }

  /** A connection that speaks another protocol by now ends with those who wait. */
  endLast(socket: Duplex): void {
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
  }

  endWaiting(): void {
    for (const socket of this.#upgraded) socket.destroy();
    for (const response of this.#waiting) end(response);
  }

  /** The class of a server's answers (`http.createServer`). */
  responses(): typeof ServerResponse<IncomingMessage> {
    const draining = this;
    return class<Request extends IncomingMessage> extends ServerResponse<Request> {
      constructor(request: Request, ...rest: unknown[]) {
        // @ts-expect-error the second parameter of Node's own class is not in its types
        super(request, ...rest);
        if (LONG_POLL.test(request.url ?? '')) setImmediate(() => draining.#await(this));
      }

      override writeHead(status: number, ...rest: unknown[]): this {
        if (draining.#begun) this.shouldKeepAlive = false;
        super.writeHead(status, ...(rest as []));
        if (EVENT_STREAM.test(contentType(this, rest))) draining.#await(this);
        return this;
      }
    };
  }

  /** The same of HTTP/2, whose connections end by themselves. */
  responses2(): typeof Http2ServerResponse<Http2ServerRequest> {
    const draining = this;
    return class<Request extends Http2ServerRequest> extends Http2ServerResponse<Request> {
      override writeHead(status: number, ...rest: unknown[]): this {
        super.writeHead(status, ...(rest as []));
        if (EVENT_STREAM.test(contentType(this, rest))) draining.#await(this as never);
        return this;
      }
    };
  }

  #await(response: ServerResponse): void {
    if (this.#begun) end(response);
    this.#waiting.add(response);
    response.once('close', () => this.#waiting.delete(response));
  }
}

function end(response: ServerResponse): void {
  if (response.headersSent) response.end();
  else response.destroy();
}

/** Headers that are given with the head are not kept by Node. */
function contentType(response: Pick<ServerResponse, 'getHeader'>, given: readonly unknown[]): string {
  const headers = given.at(-1);
  const type =
    typeof headers === 'object' && headers !== null && !Array.isArray(headers)
      ? (headers as Record<string, unknown>)['content-type']
      : undefined;
  return String(type ?? response.getHeader('content-type') ?? '');
}

export interface ShutOptions {
  /** Milliseconds for which idle connections are kept open for what is on its way into them. */
  readonly idleMs: number;
  /** Milliseconds after which open requests are cut. */
  readonly drainMs: number;
  readonly closeIdle: () => void;
  readonly closeAll: () => void;
}

/**
 * Stops accepting, ends what waits, and resolves when all open requests have ended or are cut. Connections that have
 * just been made and not been accepted yet are reset by the system, so this happens right after all were.
 */
export async function shut(server: NetServer, draining: Draining, options: ShutOptions): Promise<void> {
  draining.begin();
  await afterAccepting();
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  draining.endWaiting();
  const idle = setTimeout(options.closeIdle, options.idleMs);
  const cut = setTimeout(options.closeAll, options.drainMs);
  await closed.promise;
  clearTimeout(idle);
  clearTimeout(cut);
}
