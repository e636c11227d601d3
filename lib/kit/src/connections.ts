import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Readable } from 'node:stream';

/** Connections that are kept to one address. */
export interface HttpConnections {
  /** Sends the head of a request with `body`, as often as it is called. */
  send(head: Request, body: Uint8Array | undefined): Promise<Response>;
  /** Ends them, and the calls on them. */
  destroy(): void;
}

/** Milliseconds that a peer may take until the head of its answer. */
const HEAD_MS = 300_000;
/** And until it takes a new connection: a machine or container that is gone says nothing. */
const CONNECT_MS = 5000;
const NULL_BODIES = [204, 205, 304];

/**
 * `fetch` (Fetch Standard) as services call each other: over `node:http`, which every process has loaded anyway, to a
 * Unix socket where `socketPath` is given. Redirects are answers, and nothing is decoded. Rejects as `fetch` does: with
 * the signal's reason, or with a `TypeError` whose cause tells what happened to the connection. A connection that nobody
 * uses is kept for `idleMs`.
 */
export function openConnections(socketPath: string | undefined, idleMs: number): HttpConnections {
  const secure = once(() => openSecure(idleMs));
  const agent = new Agent({ keepAlive: true, timeout: idleMs });
  const send: HttpConnections['send'] = async ({ url, method, headers, signal }, body) => {
    signal.throwIfAborted();
    const options = { method, headers: Object.fromEntries(headers), signal, timeout: HEAD_MS };
    const outgoing = url.startsWith('https:')
      ? await secure().then(({ request, agent }) => request(url, { ...options, agent }))
      : plainRequest(url, { ...options, agent, ...(socketPath ? { socketPath } : {}) });
    outgoing.end(body);
    return toResponse(await answerTo(outgoing, signal));
  };
  const destroy = () => {
    agent.destroy();
    if (secure.isBegun()) void secure().then((opened) => opened.agent.destroy());
  };
  return { send, destroy };
}

/** Loaded only by who calls somebody on another machine over TLS. */
async function openSecure(idleMs: number) {
  const { Agent: SecureAgent, request } = await import('node:https');
  return { request, agent: new SecureAgent({ keepAlive: true, timeout: idleMs }) };
}

function answerTo(outgoing: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const late = () => outgoing.destroy(new Error('the head of an answer is too late'));
    outgoing.once('timeout', late);
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) return;
      const nobody = Object.assign(new Error('nobody takes the connection'), { code: 'ETIMEDOUT' });
      const limit = setTimeout(() => outgoing.destroy(nobody), CONNECT_MS);
      for (const end of ['connect', 'close']) socket.once(end, () => clearTimeout(limit));
    });
    outgoing.once('response', (incoming) => {
      outgoing.off('timeout', late);
      resolve(incoming);
    });
    outgoing.on('error', (cause) =>
      reject(signal.aborted ? signal.reason : new TypeError('fetch failed', { cause })),
    );
  });
}

function toResponse(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = incoming;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  const isEmpty = NULL_BODIES.includes(status);
  if (isEmpty) incoming.resume();
  const body = isEmpty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText, headers });
}

/** Begins something the first time it is asked for. */
function once<T>(begin: () => T) {
  let begun: { readonly value: T } | undefined;
  const get = () => {
    begun ??= { value: begin() };
    return begun.value;
  };
  return Object.assign(get, { isBegun: () => begun !== undefined });
}
