import { chmodSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Certificates } from './certificates.ts';
import { Draining, shut } from './draining.ts';
import { HeadSockets } from './head-socket.ts';
import { plainServer, secureServer } from './server.ts';
import type { Service } from './service.ts';

export interface ListenOptions {
  readonly port?: number;
  /** Loopback where not given. */
  readonly host?: string;
  /** Speaks TLS, with HTTP/2 for those who offer it. */
  readonly tls?: Certificates;
  /** A Unix socket instead of a port; made with mode 0600, an old one is removed. */
  readonly socketPath?: string;
  /**
   * Milliseconds for which all is served as before when closing, while `/readyz` says 503, so that what stands before
   * us has time to turn elsewhere. Where given, idle connections are not closed under their owners' hands either. 0 where
   * not given.
   */
  readonly lingerMs?: number;
  /** Idle connections are not closed under their owners' hands, even where there is no time to linger. */
  readonly keepsIdle?: boolean;
  /** Milliseconds that open requests may then take to end; then they are cut. */
  readonly drainMs?: number;
}

export interface Listener {
  readonly server: Server;
  /** `http://host:port` or `unix:/path`. */
  readonly address: string;
  /** Lingers, stops accepting, lets open requests end, then resolves. */
  close(): Promise<void>;
}

/** A function reads small bodies only; who has not sent one by then keeps a connection and nothing else. */
const BODY_MS = 30_000;

/**
 * A service as a `node:http` request listener: its raw paths first, its `fetch` for the rest. A function cannot ask
 * for its body, so that is done here (RFC 9110 §10.1.1).
 */
export function nodeHandler(service: Pick<Service, 'fetch' | 'raw'>) {
  const onFetch = getRequestListener((request) => service.fetch(request), { overrideGlobalObjects: false });
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (service.raw?.(request, response)) return;
    if (request.headers.expect) response.writeContinue();
    limitBodyTime(request);
    void onFetch(request, response);
  };
}

function limitBodyTime(request: IncomingMessage): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  if (length === '0' && coding === undefined) return;
  const cut = setTimeout(() => request.complete || request.socket.destroy(), BODY_MS);
  request.once('close', () => clearTimeout(cut));
}

/** Longer than our own clients keep an idle connection (`reach`). */
const LAST_REQUESTS_MS = 1250;
/** Serves a service on a port or a Unix socket. Rejects with the system's error when it cannot. */
export async function listen(
  service: Pick<Service, 'fetch' | 'raw' | 'answerHead' | 'upgrade'>,
  options: ListenOptions,
): Promise<Listener> {
  const draining = new Draining();
  let leaving = false;
  const handle = nodeHandler(service);
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    leaving && request.url === '/readyz' ? refuse(response) : handle(request, response);
  const wants = (request: IncomingMessage) => service.upgrade?.wants(request) ?? false;
  const { server, ...connections } = options.tls
    ? secureServer(options.tls, onRequest, wants, draining)
    : plainServer(onRequest, wants, draining);
  server.on('checkContinue', onRequest); // each handler decides whether to ask for the body
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    draining.endLast(socket);
    service.upgrade?.take(request, socket, head);
  });
  const heads = service.answerHead && new HeadSockets(server, service.answerHead);
  await bind(server, options);
  return {
    server,
    address: options.socketPath
      ? `unix:${options.socketPath}`
      : tcpAddress(server, options.tls ? 'https' : 'http'),
    close: async () => {
      const { lingerMs = 0, drainMs = 5000, keepsIdle = lingerMs > 0 } = options;
      leaving = true;
      if (lingerMs > 0) await pause(lingerMs);
      heads?.handOver();
      await shut(server, draining, {
        ...{ drainMs, idleMs: keepsIdle ? LAST_REQUESTS_MS : 0 },
        closeIdle: () => {
          connections.closeIdle();
          heads?.closeIdle();
        },
        closeAll: () => {
          connections.closeAll();
          heads?.closeAll();
        },
      });
    },
  };
}

function bind(server: Server, options: ListenOptions): Promise<void> {
  const { socketPath } = options;
  if (socketPath) rmSync(socketPath, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const bound = () => {
      server.off('error', reject);
      if (socketPath) chmodSync(socketPath, 0o600);
      resolve();
    };
    if (socketPath) server.listen(socketPath, bound);
    else server.listen(options.port ?? 0, options.host ?? '127.0.0.1', bound);
  });
}

function tcpAddress(server: Server, scheme: string): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain' }).end('draining');
}
