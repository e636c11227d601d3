import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@ptsdly/contract';
import { ClientGone, type Logger, type Metrics } from '@ptsdly/kit';

/** One request on a byte path. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands for `:id` and the like, in order. */
  readonly params: readonly string[];
}

export type ByteHandler = (exchange: Exchange) => Promise<void>;

/** A byte path: what it looks like, and what each method does there. */
export interface ByteRoute {
  /** Relative to the server; all that a log or a metric ever says of a path. */
  readonly template: string;
  readonly pattern: RegExp;
  readonly methods: Readonly<Partial<Record<string, ByteHandler>>>;
}

export interface ByteRouterOptions {
  readonly basePath: string;
  readonly routes: readonly ByteRoute[];
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** How long a refused sender may go on sending before its connection is cut. */
const DISCARD_MS = 2000;

/** Serves byte paths on raw `node:http`; answers false for every other path. */
export function createByteRouter(options: ByteRouterOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!path.startsWith(`${options.basePath}/`)) return false;
    const rest = path.slice(options.basePath.length);
    for (const route of options.routes) {
      const match = route.pattern.exec(rest);
      if (!match) continue;
      void serve(route, { request, response, params: match.slice(1) }, options);
      return true;
    }
    return false;
  };
}

async function serve(route: ByteRoute, exchange: Exchange, options: ByteRouterOptions): Promise<void> {
  const { request, response } = exchange;
  const method = request.method ?? '';
  const started = performance.now();
  response.once('close', () => {
    const seconds = (performance.now() - started) / 1000;
    const status = String(response.statusCode);
    options.metrics.requests.observe({ method, route: route.template, status }, seconds);
    options.log.debug({ method, route: route.template, status, seconds }, 'request');
  });
  response.on('error', () => undefined); // the client is gone; its handler learns it from the write
  response.setHeader('x-content-type-options', 'nosniff');
  try {
    const handler = route.methods[method];
    if (!handler) {
      throw new Problem('method_not_allowed', { headers: { allow: Object.keys(route.methods).join(', ') } });
    }
    await handler(exchange);
  } catch (error) {
    refuse(exchange, error, options.log, route.template);
  }
}

/** Answers a problem where that is still possible, and cuts the connection where it is not. */
function refuse({ request, response }: Exchange, error: unknown, log: Logger, route: string): void {
  if (response.destroyed || error instanceof ClientGone) {
    response.destroy();
    return;
  }
  const problem = Problem.from(error);
  const requestId = requestIdOf(request);
  if (problem.status >= 500) {
    log.error({ err: problem.cause ?? problem, code: problem.code, requestId, route }, 'failed');
  }
  if (response.headersSent) {
    response.destroy(); // half an answer must not look like a whole one
    return;
  }
  if (request.headers.expect) response.setHeader('connection', 'close'); // the body will not be sent
  response.writeHead(problem.status, problem.responseHeaders());
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(problem.toJson(requestId)));
  discardBody(request);
}

/** Lets a sender whose body nobody wants read its answer, but not send for ever. */
function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.on('error', () => undefined);
  const cut = setTimeout(() => request.socket.destroy(), DISCARD_MS);
  request.once('close', () => clearTimeout(cut));
  request.resume();
}

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' ? given : randomUUID();
}
