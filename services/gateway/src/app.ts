import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openApiDocument, Problem } from '@ptsdly/contract';
import {
  type Address,
  createApp,
  follow,
  internalPeer,
  type Logger,
  Metrics,
  nodeHandler,
  type Service,
  type ServiceTokens,
} from '@ptsdly/kit';
import { type ClientAddress, clientAddress } from './client-address.ts';
import { type Exchange, type Filter, header } from './exchange.ts';
import { requestHeaders, responseHeaders, tenantHeaders } from './headers.ts';
import { proxyHeld } from './held.ts';
import { discardBody, proxy } from './proxy.ts';
import { limitByAddress, limitByUser } from './rates.ts';
import {
  checkOrigin,
  findRoute,
  limitSize,
  Redirect,
  refuseAmbiguous,
  refuseForeignHosts,
  refuseHiddenFraming,
  sendToOrigin,
} from './refusals.ts';
import { TokenRelay } from './relay.ts';
import { RouteTable, type Upstream } from './route.ts';
import { NothingToTell, ServerDirectory } from './servers.ts';
import { continueTrace } from './trace.ts';
import { UpstreamAddresses } from './upstream-address.ts';
import { wakingPage } from './waking-page.ts';

export interface GatewayOptions {
  /** Public address: the allowed origin, and the host that upstreams see. */
  readonly baseUrl: string;
  readonly log: Logger;
  readonly tokens: ServiceTokens;
  readonly identity: Address;
  readonly subscriptions: Address;
  readonly links: Address;
  readonly web: Address;
  /** Scales the rate limits; 0 switches them off. */
  readonly rateFactor: number;
  /** Addresses or networks of proxies before us, whose word on the client's address counts. */
  readonly trustedProxies?: readonly string[];
  /** Names beside that of `baseUrl` under which we answer. */
  readonly hosts?: readonly string[];
}

/** The one door: every outside request passes the filters below, in this order, and goes to one upstream. */
export async function openGateway(options: GatewayOptions): Promise<Service> {
  const { log, tokens } = options;
  const publicUrl = new URL(options.baseUrl);
  const metrics = new Metrics('gateway', { process: true });
  const relay = new TokenRelay(options.identity, tokens, publicUrl.protocol === 'https:');
  const servers = new ServerDirectory(options.subscriptions, tokens);
  const followers = [
    followFeed('identity', options.identity, options, relay),
    followFeed('subscriptions', options.subscriptions, options, servers),
  ];
  const addresses = new UpstreamAddresses();
  const addressOf = clientAddress(options.trustedProxies ?? []);
  const filters: readonly Filter[] = [
    refuseForeignHosts([publicUrl.host, ...(options.hosts ?? [])]),
    refuseAmbiguous,
    refuseHiddenFraming,
    findRoute(new RouteTable()),
    sendToOrigin(publicUrl),
    limitSize,
    checkOrigin(publicUrl.origin),
    limitByAddress(options.rateFactor),
    servers.find,
    relay.filter,
    limitByUser(options.rateFactor),
    servers.await,
  ];
  const app = createApp({ audience: 'gateway', log, metrics });
  app.get('/api/openapi.json', (context) => context.json(openApiDocument(options.baseUrl)));
  const own = nodeHandler({ fetch: async (request) => app.fetch(request) });
  const handlers = new Map<Address, ReturnType<typeof nodeHandler>>();

  const send = async (exchange: Exchange) => {
    const { request, response, route } = exchange;
    const upstream = route?.upstream as Upstream;
    if (upstream === 'gateway') return own(request, response);
    const address = upstream === 'media' ? (exchange.server?.address as string) : options[upstream];
    const headers = requestHeaders(exchange, publicUrl);
    if (typeof address !== 'string') {
      const handler = handlers.get(address) ?? nodeHandler(address);
      handlers.set(address, handler);
      replaceHeaders(request, headers);
      return handler(request, response);
    }
    const answerHeaders = (answer: IncomingMessage) => {
      const passed = responseHeaders(answer.headers);
      return upstream === 'media' ? tenantHeaders(passed) : passed;
    };
    if (upstream !== 'media') return proxy({ request, response, address, headers, answerHeaders });
    return proxyHeld(exchange, servers, async (name) => {
      const address = await addresses.resolve(name);
      return proxy({ request, response, address, headers, answerHeaders, patient: false });
    });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const exchange = begin(request, response, log, addressOf);
    response.once('close', () => note(exchange, metrics));
    response.setHeader('x-request-id', exchange.requestId);
    try {
      for (const filter of filters) await filter(exchange);
      if (response.destroyed) return; // the client has not waited, and its end would be heard no more
      await send(exchange);
    } catch (error) {
      refuse(exchange, error);
    }
  };

  return {
    name: 'gateway',
    fetch: async (request) => app.fetch(request),
    raw: (request, response) => {
      if (request.url === '/healthz' || request.url === '/readyz') return false;
      void handle(request, response);
      return true;
    },
    close: async () => {
      await Promise.all(followers.map((follower) => follower.close()));
    },
  };
}

function begin(
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
  addressOf: ClientAddress,
): Exchange {
  const target = request.url ?? '/';
  const query = target.indexOf('?');
  return {
    request,
    response,
    log,
    startedAt: performance.now(),
    requestId: randomUUID(),
    address: addressOf(request),
    trace: continueTrace(header(request, 'traceparent')),
    path: query === -1 ? target : target.slice(0, query),
    route: undefined,
    params: {},
    token: undefined,
    sub: undefined,
    server: undefined,
  };
}

/** The access log: the route's template and never the path, which may carry a code or a session. */
function note(
  { request, response, route, requestId, trace, startedAt, log }: Exchange,
  metrics: Metrics,
): void {
  const seconds = (performance.now() - startedAt) / 1000;
  const labels = {
    method: request.method ?? '',
    route: route?.path ?? 'none',
    status: String(response.statusCode),
  };
  metrics.requests.observe(labels, seconds);
  log.info({
    ...labels,
    ms: Math.round(seconds * 1000),
    requestId,
    traceId: trace.traceId,
    cut: !response.writableEnded || undefined,
  });
}

function refuse(exchange: Exchange, error: unknown): void {
  const { response, requestId, log } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
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
  if (request.headers.expect) response.setHeader('connection', 'close'); // the body will not be sent
  const body = JSON.stringify(problem.toJson(requestId));
  response.writeHead(problem.status, {
    ...problem.responseHeaders(),
    'content-length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  discardBody(request);
}

/** In one process the upstream reads the request itself, with the headers that a proxy would have sent. */
function replaceHeaders(request: IncomingMessage, flat: string[]): void {
  request.rawHeaders = flat;
  const headers: IncomingMessage['headers'] = {};
  for (let i = 0; i < flat.length; i += 2) headers[flat[i] as string] = flat[i + 1];
  request.headers = headers;
}

/**
 * The gateway remembers little and only for seconds, so it keeps no cursor: it follows each feed from where
 * that ends now, to forget at once what changes.
 */
function followFeed(
  name: string,
  address: Address,
  { tokens, log }: GatewayOptions,
  memory: { forget(event: Parameters<TokenRelay['forget']>[0]): void },
) {
  const peer = internalPeer(name, address, tokens);
  return follow({
    ...peer,
    consumer: 'gateway',
    cursor: { load: async () => 0, save: async () => undefined },
    from: 'end',
    apply: (event) => memory.forget(event),
    log,
  });
}
