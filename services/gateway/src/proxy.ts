import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';

/**
 * Streams a request to an upstream and its answer back, without buffering: back-pressure both ways, an abort on
 * one side ends the other, an answer that breaks off is never finished cleanly (RFC 9112 §8), an early answer
 * (413) wins over the rest of the body, `Expect: 100-continue` is the upstream's to answer (RFC 9110 §10.1.1).
 */
export interface ProxyRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** `http://host:port` or `unix:/path.sock`. */
  readonly address: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  /** Turns the upstream's headers into the client's; may throw a Problem. */
  readonly answerHeaders: (answer: IncomingMessage) => Record<string, string | string[]>;
  /** False where the caller knows better what to do when nobody listens; the error of the connection is the cause. */
  readonly patient?: boolean;
}

const IDLE_MS = 120_000;
/** A machine that is gone refuses nothing. */
const CONNECT_MS = 2000;
const LEFTOVER_BODY_MS = 2000;
const RETRIES_MS = [30, 100, 250, 500];

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 });

/** Resolves when the answer has been sent or either side is gone. Rejects with a Problem while it still can. */
export async function proxy(options: ProxyRequest): Promise<void> {
  const { method } = options.request;
  const repeatable = (method === 'GET' || method === 'HEAD') && !hasBody(options.request);
  for (let attempt = 0; !options.response.destroyed; attempt++) {
    try {
      return await forward(options);
    } catch (error) {
      const again =
        repeatable && options.patient !== false && isConnectError(error) && attempt < RETRIES_MS.length;
      if (!again || options.response.headersSent || options.response.destroyed) throw asProblem(error);
      await sleep(RETRIES_MS[attempt]);
    }
  }
}

function forward(options: ProxyRequest): Promise<void> {
  const { request, response, address } = options;
  const target = address.startsWith('unix:')
    ? { socketPath: address.slice('unix:'.length) }
    : { host: new URL(address).hostname, port: new URL(address).port };
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      ...target,
      agent,
      method: request.method,
      path: request.url,
      headers: options.headers as string[],
      timeout: IDLE_MS,
    });
    const clientGone = () => {
      upstream.destroy();
      resolve();
    };
    response.once('close', clientGone);
    limitConnect(upstream);
    upstream.on('timeout', () => upstream.destroy(new Problem('upstream_timeout')));
    upstream.on('error', (error) => {
      response.off('close', clientGone);
      if (response.headersSent) {
        response.destroy();
        resolve();
      } else {
        request.unpipe(upstream);
        reject(error);
      }
    });
    let asked = request.headers.expect === undefined;
    upstream.on('response', (answer) => {
      try {
        sendAnswer(options, answer, asked);
      } catch (problem) {
        response.off('close', clientGone);
        upstream.destroy();
        reject(problem);
      }
    });
    if (request.headers.expect) {
      upstream.on('continue', () => {
        asked = true;
        response.writeContinue();
        request.pipe(upstream);
      });
      upstream.flushHeaders();
    } else if (hasBody(request)) {
      whenConnected(upstream, () => request.pipe(upstream)); // until then it can still be sent elsewhere
    } else {
      upstream.end();
    }
  });
}

/** `asked`: whether the client sends the body without waiting any longer. */
function sendAnswer(
  { request, response, answerHeaders }: ProxyRequest,
  answer: IncomingMessage,
  asked: boolean,
): void {
  const headers = answerHeaders(answer);
  if (!asked) headers.connection = 'close';
  response.writeHead(answer.statusCode ?? 502, headers);
  response.flushHeaders();
  answer.on('error', () => response.destroy());
  answer.on('aborted', () => response.destroy());
  answer.once('end', () => discardBody(request));
  answer.pipe(response);
}

/**
 * Lets a client whose body nobody wants any more read its answer before the connection is cut: closed at once, with
 * bytes of it unread, the system would tell the client of a broken connection and not of the answer (RFC 9112 §9.6).
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.unpipe();
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), LEFTOVER_BODY_MS);
  request.once('close', () => clearTimeout(cut));
}

function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

function whenConnected(upstream: ClientRequest, begin: () => void): void {
  upstream.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', begin);
    else begin();
  });
}

function limitConnect(upstream: ClientRequest): void {
  upstream.once('socket', (socket) => {
    if (!socket.connecting) return;
    const late = setTimeout(() => upstream.destroy(new ConnectTimeout()), CONNECT_MS);
    socket.once('connect', () => clearTimeout(late)).once('close', () => clearTimeout(late));
  });
}

class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
  readonly syscall = 'connect';
}

/** Nobody listens there, or there is nobody of that name. */
const NOBODY_THERE = new Set(['ENOENT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Nothing of the request has reached anybody, or it may be repeated and nothing has come back. */
export function isUntouched(request: IncomingMessage, error: unknown): boolean {
  const { code = '', syscall } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  if (syscall === 'connect' || NOBODY_THERE.has(code)) return true;
  const repeatable = (request.method === 'GET' || request.method === 'HEAD') && !hasBody(request);
  return repeatable && (code === 'ECONNRESET' || code === 'EPIPE');
}

const CONNECT_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE']);

function isConnectError(error: unknown): boolean {
  return CONNECT_ERRORS.has((error as NodeJS.ErrnoException).code ?? '');
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('unavailable', { cause: error, retryAfter: 1 });
}
