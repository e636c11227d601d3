import type { Exchange } from '../exchange.ts';
import type { OpenResponses } from './open-responses.ts';
import type { PlaySession } from './session-token.ts';

const HEARTBEAT_MS = 15_000;

/**
 * The event stream of a play session (HTML Living Standard §9.2): `ended` with the reason, when it ends,
 * `asleep` when this server goes to sleep, and nothing else; a comment line every 15 s keeps proxies from closing it.
 */
export function openSessionEvents(exchange: Exchange, session: PlaySession, responses: OpenResponses): void {
  const { request, response } = exchange;
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.write(': hello\n\n');
  const heartbeat = setInterval(() => response.write(': \n\n'), HEARTBEAT_MS).unref();
  response.once('close', () => clearInterval(heartbeat));
  responses.add(session, response, (reason) => {
    const ended = `event: ended\ndata: ${JSON.stringify({ reason })}\n\n`;
    const goodbye = reason === 'closing' ? '' : reason === 'asleep' ? 'event: asleep\ndata: {}\n\n' : ended;
    response.end(goodbye);
  });
}
