import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Event, openApiDocument, Problem } from '@ptsdly/contract';
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
import { openRates } from '@ptsdly/kv';
import { note, refuse } from './answers.ts';
import { type ClientAddress, clientAddress } from './client-address.ts';
import { leaveIdle } from './connection.ts';
import { leaveSockets } from './dispatch.ts';
import { type Exchange, type Filter, header, setAnswerHeaders } from './exchange.ts';
import { requestHeaders, responseHeaders, tenantHeaders } from './headers.ts';
import { proxyHeld } from './held.ts';
import { isGone, nameHost } from './http2.ts';
import { Offload } from './offload/offload.ts';
import { proxy } from './proxy.ts';
import { limitByAddress, limitByUser } from './rates.ts';
import {
  checkOrigin,
  findRoute,
  limitSize,
  refuseAmbiguous,
  refuseForeignHosts,
  refuseHiddenFraming,
  refuseTwoHosts,
  sendToOrigin,
} from './refusals.ts';
import { TokenRelay } from './relay.ts';
import { type Route, RouteTable, type Upstream } from './route.ts';
import { ServerDirectory } from './servers.ts';
import { Showings } from './showings.ts';
import { continueTrace } from './trace.ts';
import { proxyUpgrade, responseFor, wantsWebSocket } from './upgrade.ts';
import { type Patience, type UpstreamName, Upstreams } from './upstream.ts';
import { UpstreamAddresses } from './upstream-address.ts';

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
  /** Where limits are counted: `redis://…` for several gateways, the memory of this one where not given. */
  readonly ratesUrl?: string;
  /** Addresses or networks of proxies before us, whose word on the client's address counts. */
  readonly trustedProxies?: readonly string[];
  /** Replaces what upstreams are given by default. */
  readonly patience?: Partial<Readonly<Record<UpstreamName, Patience>>>;
  /** Who reads pieces of the files of servers on this machine: we (`on`), they (`off`), or `nginx:<internal location>`. */
  readonly offload?: string;
  /** Names beside that of `baseUrl` under which we answer. */
  readonly hosts?: readonly string[];
}

/** A year (RFC 6797 §6.1.1). */
const HSTS = 'max-age=31536000';

/** The one door: every outside request passes the filters below, in this order, and goes to one upstream. */
export async function openGateway(options: GatewayOptions): Promise<Service> {
  const { log, tokens } = options;
  const publicUrl = new URL(options.baseUrl);
  const isSecure = publicUrl.protocol === 'https:';
  const metrics = new Metrics('gateway', { process: true, labels: ['upstream'] });
  const upstreams = new Upstreams(metrics, options.patience);
  const relay = new TokenRelay(options.identity, tokens, isSecure);
  const servers = new ServerDirectory(options.subscriptions, tokens);
  const rates = await openRates(options.ratesUrl, {
    onChange: (state, err) => log.warn({ err, state }, 'the store of rate limits'),
  });
  const showings = new Showings();
  const followers = [
    followFeed('links', options.links, options, showings),
    followFeed('identity', options.identity, options, relay),
    followFeed('subscriptions', options.subscriptions, options, servers),
  ];
  const addresses = new UpstreamAddresses();
  const offload = new Offload({
    relay: relay.filter,
    headersOf: (exchange) => requestHeaders(exchange, publicUrl),
    by: options.offload ?? 'on',
  });
  const addressOf = clientAddress(options.trustedProxies ?? []);
  const table = new RouteTable();
  const isApart = (name: Upstream | undefined) =>
    name === 'media' || (name !== undefined && name !== 'gateway' && typeof options[name] === 'string');
  const filters: readonly Filter[] = [
    refuseTwoHosts,
    refuseForeignHosts([publicUrl.host, ...(options.hosts ?? [])]),
    refuseAmbiguous,
    refuseHiddenFraming,
    findRoute(table),
    sendToOrigin(publicUrl),
    limitSize,
    checkOrigin(publicUrl.origin),
    limitByAddress(rates, options.rateFactor),
    servers.find,
    relay.filter,
    limitByUser(rates, options.rateFactor),
    servers.await,
    showings.watch,
  ];
  const app = createApp({ audience: 'gateway', log, metrics });
  app.get('/api/openapi.json', (context) => context.json(openApiDocument(options.baseUrl)));
  const own = nodeHandler({ fetch: async (request) => app.fetch(request) });
  const handlers = new Map<Address, ReturnType<typeof nodeHandler>>();

  const send = (exchange: Exchange, upgrade: Upgraded | undefined): Promise<void> | void => {
    const { request, response, route } = exchange;
    const { upstream, path } = route as Route;
    if (upstream === 'gateway') {
      setAnswerHeaders(exchange);
      return own(request, response);
    }
    const address = upstream === 'media' ? (exchange.server?.address as string) : options[upstream];
    const headers = requestHeaders(exchange, publicUrl);
    if (typeof address !== 'string') {
      const handler = handlers.get(address) ?? nodeHandler(address);
      handlers.set(address, handler);
      replaceHeaders(request, headers);
      setAnswerHeaders(exchange);
      return handler(request, response);
    }
    const answerHeaders = (answer: IncomingHttpHeaders) => {
      if (exchange.isEnded) throw new Problem('session_ended');
      const passed = responseHeaders(answer, exchange.answerHeaders);
      return upstream === 'media' ? tenantHeaders(passed) : passed;
    };
    const sendTo = (address: string) => {
      const guard = upstreams.guard(upstream, address);
      const passed = { request, response, address, headers, answerHeaders, guard, route: path };
      if (upgrade) return proxyUpgrade(passed, upgrade.socket, upgrade.head);
      return upstream === 'media' ? offload.send(exchange, passed) : proxy(passed);
    };
    if (upstream !== 'media') return sendTo(address);
    return proxyHeld(exchange, servers, async (name) => sendTo(await addresses.resolve(name)));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse, upgrade?: Upgraded) => {
    nameHost(request);
    const exchange = begin(request, response, log, addressOf);
    response.once('close', () => note(exchange, metrics));
    exchange.answerHeaders['x-request-id'] = exchange.requestId;
    if (isSecure) exchange.answerHeaders['strict-transport-security'] = HSTS;
    try {
      for (const filter of filters) {
        const passing = filter(exchange);
        if (passing !== undefined) await passing;
      }
      if (isGone(response)) return; // the client has not waited, and its end would be heard no more
      await send(exchange, upgrade);
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
    upgrade: {
      wants: (request) =>
        wantsWebSocket(request) && isApart(table.match('GET', pathOf(request))?.route.upstream),
      take: (request, socket, head) => void handle(request, responseFor(request, socket), { socket, head }),
    },
    close: async () => {
      await Promise.all(followers.map((follower) => follower.close()));
      offload.close();
      await rates.close();
      leaveIdle();
      leaveSockets();
    },
  };
}

/** A connection that is to speak another protocol, and what has come of it already. */
interface Upgraded {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function begin(
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
  addressOf: ClientAddress,
): Exchange {
  return {
    request,
    response,
    log,
    startedAt: performance.now(),
    requestId: randomUUID(),
    address: addressOf(request),
    trace: continueTrace(header(request, 'traceparent')),
    path: pathOf(request),
    route: undefined,
    params: {},
    answerHeaders: {},
    token: undefined,
    sub: undefined,
    server: undefined,
    isEnded: false,
  };
}

/** In one process the upstream reads the request itself, with the headers that a proxy would have sent. */
function replaceHeaders(request: IncomingMessage, flat: string[]): void {
  const headers: IncomingMessage['headers'] = {};
  for (let i = 0; i < flat.length; i += 2) headers[flat[i] as string] = flat[i + 1];
  // Of HTTP/2 they are accessors without a setter.
  Object.defineProperties(request, { rawHeaders: { value: flat }, headers: { value: headers } });
}

/**
 * The gateway remembers little and only for a while, so it keeps no cursor: it follows each feed from where that ends
 * now, to forget at once what changes.
 */
function followFeed(
  name: string,
  address: Address,
  { tokens, log }: GatewayOptions,
  memory: { forget(event: Event): void },
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
