import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Certificates } from './certificates.ts';
import type { Draining } from './draining.ts';

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;

/** A server, and how its connections are closed: those that wait for a request, or all. */
export interface Connections {
  readonly server: Server;
  closeIdle(): void;
  closeAll(): void;
}

/** A connection on which nothing moves, either way; event streams send a comment every 15 s. */
const SILENCE_MS = 120_000;

const LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 0, // uploads take as long as they take; each service limits its own idle time
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
};
/** Streams that one HTTP/2 connection may have open; a browser opens no more. */
const MAX_STREAMS = 100;

export function plainServer(
  onRequest: OnRequest,
  wants: (request: IncomingMessage) => boolean,
  draining: Draining,
): Connections {
  const options = { ...LIMITS, ServerResponse: draining.responses(), shouldUpgradeCallback: wants };
  const server = createServer(options, onRequest);
  server.timeout = SILENCE_MS;
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => undefined; // `close` would call it at once
  return { server, closeIdle, closeAll: () => server.closeAllConnections() };
}

/** HTTP/2 (RFC 9113) or 1.1 over TLS 1.2 and later, as the client offers. */
export function secureServer(
  certificates: Certificates,
  onRequest: OnRequest,
  wants: (request: IncomingMessage) => boolean,
  draining: Draining,
): Connections {
  const one = { ServerResponse: draining.responses(), shouldUpgradeCallback: wants };
  // It has all that we use of a plain server, though the types say little of it.
  const secure = createSecureServer(
    {
      ...{ ...LIMITS, ...certificates.current(), allowHTTP1: true, minVersion: 'TLSv1.2' },
      http1Options: { ...LIMITS, ...one },
      Http2ServerResponse: draining.responses2(),
      settings: { maxConcurrentStreams: MAX_STREAMS, enableConnectProtocol: false },
    },
    onRequest as never,
  );
  secure.setTimeout(SILENCE_MS);
  const server = secure as unknown as Server;
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => undefined;
  const sockets = keep<Socket>(server, 'secureConnection');
  const sessions = keep<Http2Session>(server, 'session');
  const stop = certificates.onChange((certificate) => secure.setSecureContext(certificate));
  server.once('close', stop);
  return {
    server,
    closeIdle: () => {
      for (const session of sessions) session.close(); // GOAWAY; what is open ends as it would
      closeIdle();
    },
    closeAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What is open of a kind. */
function keep<T extends { once(event: 'close', listener: () => void): unknown }>(
  server: Pick<Server, 'on'>,
  event: string,
): Set<T> {
  const open = new Set<T>();
  server.on(event, (one: T) => {
    open.add(one);
    one.once('close', () => open.delete(one));
  });
  return open;
}
