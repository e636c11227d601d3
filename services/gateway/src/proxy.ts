import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import { ClientGone, countShortLived } from '@ptsdly/kit';
import { agent, CONNECT_MS, connectTo, SILENCE_MS } from './connection.ts';
import { dispatch, plainHead } from './dispatch.ts';
import { hasBody, isGone, isHttp2 } from './http2.ts';
import type { ProxyRequest } from './proxy-request.ts';
import type { Patience } from './upstream.ts';

const LEFTOVER_BODY_MS = 2000;
const PAUSE_MS = { first: 20, longest: 250 };
const RETRIES = 2;

/**
 * Streams a request to an upstream and its answer back, without buffering: back-pressure both ways, an abort on
 * one side ends the other, an answer that breaks off is never finished cleanly (RFC 9112 §8), an early answer
 * (413) wins over the rest of the body, `Expect: 100-continue` is the upstream's to answer (RFC 9110 §10.1.1).
 *
 * Resolves when the answer has begun. Rejects with a Problem while it still can, or when the client is gone.
 */
export function proxy(options: ProxyRequest): Promise<void> {
  options.guard.budget.earn();
  return options.guard.run((patience) => attempts(options, patience));
}

/**
 * A request that reached nobody is sent again until somebody listens, whatever it is; one that broke off before an
 * answer only where it can do no harm (RFC 9110 §9.2.1), has no body, and the budget allows it.
 */
async function attempts(options: ProxyRequest, patience: Patience): Promise<void> {
  const { request, response, guard } = options;
  const head = isPlain(request) ? plainHead(options) : undefined;
  const deadline = performance.now() + patience.holdMs;
  let pause = PAUSE_MS.first;
  for (let retries = 0; ; ) {
    try {
      if (head === undefined) return await forward(options, patience.answerMs);
      return await dispatch(options, head, patience.answerMs);
    } catch (error) {
      if (error instanceof Problem || response.headersSent || isGone(response)) throw error;
      if (isUnreached(error)) {
        if (performance.now() > deadline) throw unavailable(error);
        guard.retried('unreached');
      } else {
        if (!isRepeatable(request) || retries === RETRIES || !guard.budget.spend()) throw unavailable(error);
        retries++;
        guard.retried('reset');
      }
      await sleep(pause);
      pause = Math.min(pause * 2, PAUSE_MS.longest);
      if (isGone(response)) throw new ClientGone();
    }
  }
}

const unavailable = (cause: unknown) => new Problem('unavailable', { cause, retryAfter: 1 });

function forward(options: ProxyRequest, answerMs: number): Promise<void> {
  const { request, response, guard, route } = options;
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      ...connectTo(options.address),
      agent,
      method: request.method,
      path: request.url,
      headers: options.headers as string[],
      timeout: SILENCE_MS,
    });
    const clientGone = () => {
      upstream.destroy();
      reject(new ClientGone());
    };
    response.once('close', clientGone);
    const clock = limitTime(upstream, answerMs);
    upstream.on('error', (error) => {
      response.off('close', clientGone);
      if (response.headersSent) {
        response.destroy();
        resolve();
      } else {
        request.unpipe(upstream).off('data', countChunk);
        reject(error);
      }
    });
    let asked = request.headers.expect === undefined;
    upstream.on('response', (answer) => {
      guard.answered(route, clock.stop() / 1000);
      try {
        if (options.divert?.(answer)) {
          response.off('close', clientGone);
          answer.resume();
        } else sendAnswer(options, answer, asked);
        resolve();
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
        stream(request, upstream);
      });
      upstream.flushHeaders();
    } else if (hasBody(request)) {
      whenConnected(upstream, () => stream(request, upstream)); // until then it can still be sent elsewhere
    } else {
      upstream.end();
    }
  });
}

function stream(from: IncomingMessage, to: Writable): void {
  from.pipe(to);
  from.on('data', countChunk);
}

const countChunk = (chunk: Buffer) => countShortLived(chunk.length);

/** Ends a request that finds no connection, whose connection is silent, or that is not answered in time. */
function limitTime(upstream: ClientRequest, answerMs: number): { stop(): number } {
  let sentAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const fail = () => upstream.destroy(new Problem('upstream_timeout'));
  upstream.on('timeout', fail);
  upstream.once('finish', () => {
    sentAt = performance.now();
    if (!upstream.destroyed) timer = setTimeout(fail, answerMs);
  });
  upstream.once('socket', (socket) => {
    if (!socket.connecting) return;
    const unconnected = setTimeout(() => upstream.destroy(timedOut()), CONNECT_MS);
    socket.once('connect', () => clearTimeout(unconnected)).once('close', () => clearTimeout(unconnected));
  });
  upstream.once('close', () => clearTimeout(timer));
  return {
    stop() {
      clearTimeout(timer);
      return Math.max(0, performance.now() - sentAt);
    },
  };
}

/** A machine that is gone refuses nothing. */
const timedOut = () => Object.assign(new Error('no connection in time'), { syscall: 'connect' });

/** `asked`: whether the client sends the body without waiting any longer. */
export function sendAnswer(
  { request, response, answerHeaders }: ProxyRequest,
  answer: IncomingMessage,
  asked: boolean,
): void {
  const headers = answerHeaders(answer.headers);
  if (!asked && !isHttp2(request)) headers.connection = 'close';
  response.writeHead(answer.statusCode ?? 502, headers);
  response.flushHeaders();
  answer.on('error', () => response.destroy());
  answer.on('aborted', () => response.destroy());
  answer.once('end', () => discardBody(request));
  stream(answer, response);
}

/**
 * Lets a client whose body nobody wants any more read its answer before the connection is cut: closed at once, with
 * bytes of it unread, the system would tell the client of a broken connection and not of the answer (RFC 9112 §9.6).
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.unpipe().off('data', countChunk);
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), LEFTOVER_BODY_MS);
  request.once('close', () => clearTimeout(cut));
}

function whenConnected(upstream: ClientRequest, begin: () => void): void {
  upstream.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', begin);
    else begin();
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code ?? '';
/** Nobody listens there, or there is nobody of that name. */
const NOBODY_THERE = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN']);
const isUnreached = (error: unknown) =>
  (error as NodeJS.ErrnoException | undefined)?.syscall === 'connect' || NOBODY_THERE.has(codeOf(error));

/** It comes whole with its head. */
const isPlain = (request: IncomingMessage) => request.headers.expect === undefined && !hasBody(request);

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const isRepeatable = (request: IncomingMessage) => SAFE.has(request.method ?? '') && !hasBody(request);

/** Nothing of the request has reached anybody, or it may be repeated and nothing has come back. */
export function isUntouched(request: IncomingMessage, { cause }: Error): boolean {
  return isUnreached(cause) || (isRepeatable(request) && ['ECONNRESET', 'EPIPE'].includes(codeOf(cause)));
}
