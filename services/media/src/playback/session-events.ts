import type { Exchange } from '../exchange.ts';
import type { ArrivalNews } from '../uploads/arrival-news.ts';
import type { OpenResponses } from './open-responses.ts';
import type { SessionNews } from './session-news.ts';
import type { PlaySession } from './session-token.ts';

const HEARTBEAT_MS = 15_000;

export interface SessionEventsOptions {
  readonly session: PlaySession;
  readonly responses: OpenResponses;
  readonly news: SessionNews;
  /** Calls back with news of the session's video while it arrives; returns how to stop. */
  readonly watch: (listener: (news: ArrivalNews) => void) => () => void;
}

/**
 * The event stream of a play session (HTML Living Standard §9.2): `ended` with the reason, when it ends; while its
 * video arrives `grown {playableUntil}`, at most once a second, and then `complete {continues}`, where `false` means
 * that the player has to ask for a new session; `renditions {name}` when something more of it is ready, which the next
 * session will have; `replaced` when another file stands there, for which the player has to ask anew; `asleep` when this server goes to sleep. A comment line every 15 s keeps proxies from closing it.
 */
export function openSessionEvents(exchange: Exchange, options: SessionEventsOptions): void {
  const { session, responses, news, watch } = options;
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
  const send = (event: string, data: unknown) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const stop = watch(({ event, ...data }) => send(event, data));
  const unlisten = news.listen(session.videoId, ({ event, data }) => send(event, data));
  response.once('close', () => {
    clearInterval(heartbeat);
    stop();
    unlisten();
  });
  responses.add(session, response, (reason) => {
    const ended = `event: ended\ndata: ${JSON.stringify({ reason })}\n\n`;
    const goodbye = reason === 'closing' ? '' : reason === 'asleep' ? 'event: asleep\ndata: {}\n\n' : ended;
    response.end(goodbye);
  });
}
