import { request as httpRequest, type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { agent, connectTo, SILENCE_MS } from './connection.ts';
import { sendAnswer } from './proxy.ts';
import type { ProxyRequest } from './proxy-request.ts';

/** Only WebSocket is passed on; whatever else a client would like to speak (h2c) is a plain request (RFC 9110 §7.8). */
export function wantsWebSocket({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' && /^websocket$/i.test(headers.upgrade ?? '') && headers['content-length'] === undefined
  );
}

/** An answer for a connection that is not the parser's any more, so that filters and refusals work as ever. */
export function responseFor(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.once('finish', () => socket.end());
  return response;
}

/**
 * Passes a WebSocket on (RFC 6455 §4): the upstream takes it, and then bytes flow both ways until one side ends, or
 * nothing moves for two minutes; or the upstream answers as to any request. Rejects as `proxy` does.
 */
export function proxyUpgrade(options: ProxyRequest, socket: Duplex, head: Buffer): Promise<void> {
  const { request, response, guard, answerHeaders } = options;
  const headers = [...options.headers, 'connection', 'Upgrade', 'upgrade', 'websocket'];
  const attempt = (answerMs: number) =>
    new Promise<void>((resolve, reject) => {
      const target = { ...connectTo(options.address), agent, path: request.url };
      const upstream = httpRequest({ ...target, headers, timeout: answerMs });
      const clientGone = () => upstream.destroy();
      socket.once('close', clientGone);
      upstream.on('timeout', clientGone).on('error', reject);
      upstream.once('upgrade', (answer, peer, early) => {
        response.statusCode = 101;
        response.detachSocket(socket as never);
        socket.write(switchingProtocols(answerHeaders(answer.headers)));
        join(socket, peer, head, early);
        socket.once('close', () => response.emit('close'));
        resolve();
      });
      upstream.once('response', (answer) => {
        sendAnswer(options, answer, true);
        resolve();
      });
      upstream.end();
    });
  return guard.run(({ answerMs }) => attempt(answerMs));
}

function switchingProtocols(headers: Record<string, string | string[]>): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  );
  const upgrade = 'connection: Upgrade\r\nupgrade: websocket\r\n';
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}${upgrade}\r\n`;
}

function join(client: Duplex, peer: Duplex, fromClient: Buffer, fromPeer: Buffer): void {
  if (fromPeer.length > 0) client.write(fromPeer);
  if (fromClient.length > 0) peer.write(fromClient);
  for (const [from, to] of [
    [client, peer],
    [peer, client],
  ] as const) {
    from.pipe(to);
    from.once('error', () => to.destroy());
    from.once('close', () => to.destroy());
    if ('setTimeout' in from)
      (from as import('node:net').Socket).setTimeout(SILENCE_MS, () => from.destroy());
  }
}
