import type { Exchange } from '../exchange.ts';
import type { OpenResponses } from './open-responses.ts';
import type { SessionNews } from './session-news.ts';
import type { PlaySession } from './session-token.ts';

const HEARTBEAT_MS = 15_000;

/**
 * The event stream of a play session (HTML Living Standard §9.2): `renditions` when something more of the video is
 * ready, which the next session will have, and `ended` with the reason when it ends; a comment line every 15 s keeps
 * proxies from closing it.
 */
export function openSessionEvents(
  exchange: Exchange,
  session: PlaySession,
  { responses, news }: { readonly responses: OpenResponses; readonly news: SessionNews },
): void {
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
  const unlisten = news.listen(session.videoId, ({ event, data }) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  response.once('close', () => {
    clearInterval(heartbeat);
    unlisten();
  });
  responses.add(session, response, (reason) => {
    const goodbye = reason === 'closing' ? '' : `event: ended\ndata: ${JSON.stringify({ reason })}\n\n`;
    response.end(goodbye);
  });
}
