import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createServiceTokens, type Listener, listen, type Service, silentLog } from '@ptsdly/kit';
import { type GatewayOptions, openGateway } from '../app.ts';

/** A gateway on a real port with peers of the test's making, and what it takes to close both. */
export interface Rig {
  readonly url: string;
  readonly gateway: Service;
  close(): Promise<void>;
}

export const serviceKey = new TextEncoder().encode('k'.repeat(32));

export type Answer = (request: Request) => Promise<Response> | Response;

const nowhere: Answer = () => new Response(null, { status: 404 });
const emptyFeed: Answer = async (request) => {
  const wait = Number(new URL(request.url).searchParams.get('wait') ?? 0);
  await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 1) * 200));
  return Response.json({ items: [], next: 0 });
};

/** A peer as a function, with an empty feed unless `answer` has one. */
export function peer(answer: Answer): Pick<Service, 'fetch'> {
  return {
    fetch: async (request) =>
      new URL(request.url).pathname === '/internal/events' ? emptyFeed(request) : answer(request),
  };
}

export async function openRig(
  peers: Partial<Record<'identity' | 'subscriptions' | 'links' | 'web', Answer>>,
  baseUrl = 'http://ptsd.test',
  more: Partial<GatewayOptions> = {},
) {
  const options: GatewayOptions = {
    baseUrl,
    log: silentLog,
    tokens: createServiceTokens('gateway', serviceKey),
    identity: peer(peers.identity ?? nowhere),
    subscriptions: peer(peers.subscriptions ?? nowhere),
    links: peer(peers.links ?? nowhere),
    web: peer(peers.web ?? nowhere),
    rateFactor: 1,
    ...more,
  };
  const gateway = await openGateway(options);
  const listener: Listener = await listen(gateway, { drainMs: 100 });
  const close = async () => {
    await listener.close();
    await gateway.close();
  };
  return { url: listener.address, gateway, close } satisfies Rig;
}

/** A media server of the test's making on a real port, found under the slug `abc`. */
export async function openUpstream(
  handler: RequestListener,
): Promise<{ server: Server; subscriptions: Answer }> {
  const server = createServer(handler);
  server.on('checkContinue', handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const subscriptions: Answer = (request) =>
    new URL(request.url).pathname === '/internal/servers/by-slug/abc'
      ? Response.json({ id: 's1', slug: 'abc', ownerId: 'u1', state: 'ready', address })
      : Response.json({ code: 'not_found' }, { status: 404 });
  return { server, subscriptions };
}

/** Sends bytes as they are and returns all that comes back until the other side closes or `until` matches. */
export function speak(url: string, text: string, until?: RegExp): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let heard = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      heard += chunk;
      if (until?.test(heard)) socket.destroy();
    });
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
}

/** Where a server of the test's making listens. */
export const upstreamAddress = (server: Server) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
