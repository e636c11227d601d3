import { Problem } from '@ptsdly/contract';
import { AccessLog, type Logger, type Metrics } from '@ptsdly/kit';
import { type Exchange, setAnswerHeaders } from './exchange.ts';
import { isGone, isHttp2 } from './http2.ts';
import { discardBody } from './proxy.ts';
import { Redirect } from './refusals.ts';
import { NothingToTell } from './servers.ts';
import { wakingPage } from './waking-page.ts';

/** The access log: the route's template and never the path, which may carry a code or a session. */
export function note(
  { request, response, route, requestId, trace, startedAt, log }: Exchange,
  metrics: Metrics,
): void {
  const seconds = (performance.now() - startedAt) / 1000;
  const labels = {
    method: request.method ?? '',
    route: route?.path ?? 'none',
    status: String(response.statusCode),
    upstream: route?.upstream ?? 'none',
  };
  metrics.requests.observe(labels, seconds);
  const { method, status, upstream } = labels;
  const cut = response.writableEnded ? '' : ',"cut":true';
  const more = `,"upstream":"${upstream}","requestId":"${requestId}","traceId":"${trace.traceId}"${cut}`;
  lineOf(log, labels.route).note('info', { method, status: Number(status), ms: seconds * 1000, more });
}

const lines = new WeakMap<Logger, Map<string, AccessLog>>();

/** The lines of one route: none of their values comes from outside but as something that cannot hold a quote. */
function lineOf(log: Logger, route: string): AccessLog {
  const known = lines.get(log) ?? new Map<string, AccessLog>();
  lines.set(log, known);
  const line = known.get(route) ?? new AccessLog(log, route);
  known.set(route, line);
  return line;
}

export function refuse(exchange: Exchange, error: unknown): void {
  const { response, requestId, log } = exchange;
  if (response.headersSent || isGone(response)) {
    response.destroy();
    return;
  }
  setAnswerHeaders(exchange);
  if (error instanceof Redirect) {
    response.writeHead(302, { location: error.location, 'cache-control': 'no-store' }).end();
    return;
  }
  if (error instanceof NothingToTell) {
    response.writeHead(204, { 'cache-control': 'no-store' }).end();
    return;
  }
  const problem = Problem.from(error);
  if (problem.code === 'server_not_ready') {
    sendNotReady(exchange, problem);
    return;
  }
  if (problem.status >= 500)
    log.warn({ err: problem.cause ?? problem, code: problem.code, requestId }, 'refused');
  sendProblem(exchange, problem);
}

/** A person sees a page, everybody else the problem. */
function sendNotReady(exchange: Exchange, problem: Problem): void {
  const { request, response } = exchange;
  const page = wakingPage(request, Math.min(5, problem.retryAfter ?? 5));
  if (page === undefined) {
    sendProblem(exchange, problem);
    return;
  }
  response.writeHead(problem.status, {
    ...problem.responseHeaders(),
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
  });
  response.end(page);
}

function sendProblem({ request, response, requestId }: Exchange, problem: Problem): void {
  if (request.headers.expect && !isHttp2(request)) response.setHeader('connection', 'close'); // the body will not be sent
  const body = JSON.stringify(problem.toJson(requestId));
  response.writeHead(problem.status, {
    ...problem.responseHeaders(),
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  discardBody(request);
}
