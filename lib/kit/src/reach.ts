import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from '@ptsdly/contract';
import { Agent, type Dispatcher, interceptors, fetch as undiciFetch } from 'undici';
import type { ServiceTokens } from './auth.ts';
import type { Service } from './service.ts';

/** Where a peer is: a service of this process, `http://host:port` or `unix:/path/to.sock`. */
export type Address = Pick<Service, 'fetch' | 'raw'> | string;

/** A peer as a function, and the base URL to build requests on. */
export interface Peer {
  readonly fetch: Fetch;
  readonly baseUrl: string;
}

/** Shorter than any service lingers when it closes: no call is written into a connection that is about to end. */
const IDLE_MS = 1000;
const RESTART_MS = 5000;
const PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 250;

const agents = new Map<string, Dispatcher>();

export interface ReachOptions {
  /** How long a call that reaches nobody is made again, in milliseconds; 5 s where not given. */
  readonly restartMs?: number;
}

/** A peer by its address. The connection pool of an address is shared and lives as long as the process. */
export function reach(address: Address, { restartMs = RESTART_MS }: ReachOptions = {}): Peer {
  if (typeof address !== 'string') return { fetch: abortable(address.fetch), baseUrl: 'http://service' };
  const socketPath = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
  const baseUrl = socketPath ? 'http://service' : address;
  const dispatcher = agents.get(address) ?? connection(socketPath);
  agents.set(address, dispatcher);
  // undici's own fetch, because the one of the runtime refuses a dispatcher of another undici version.
  const fetch: Fetch = async (request) => {
    const body = request.body ? Buffer.from(await request.arrayBuffer()) : null;
    const headers = [...request.headers];
    const options = { method: request.method, headers, body, signal: request.signal, dispatcher } as const;
    const send = () => undiciFetch(request.url, { ...options, redirect: 'manual' });
    return (await untilReached(send, restartMs, request.signal)) as unknown as Response;
  };
  return { fetch, baseUrl };
}

/** A pool that repeats what may be repeated when a peer restarts: idempotent calls, on errors of the connection only. */
function connection(socketPath: string | undefined): Dispatcher {
  const idle = { keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS };
  const agent = new Agent({ connect: socketPath ? { socketPath } : {}, bodyTimeout: 0, ...idle });
  return agent.compose(
    interceptors.retry({
      maxRetries: 4,
      minTimeout: 50,
      timeoutFactor: 2,
      methods: ['GET', 'HEAD', 'PUT', 'DELETE'],
      statusCodes: [],
      errorCodes: ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'],
    }),
  );
}

/** A call that has reached nobody is made again while the peer restarts, whatever it is: nothing has happened yet. */
async function untilReached<T>(send: () => Promise<T>, restartMs: number, signal: AbortSignal): Promise<T> {
  const deadline = performance.now() + restartMs;
  for (let pause = PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await send();
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
      const unreached = code === 'ECONNREFUSED' || code === 'ENOENT';
      if (!unreached || performance.now() > deadline) throw error;
      await sleep(pause, undefined, { signal });
    }
  }
}

/** A function called directly hears no abort; its caller gets the rejection that `fetch` would give. */
function abortable(fetch: Fetch): Fetch {
  return async (request) => {
    const { signal } = request;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([fetch(request), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

/** Forgets the connections of an address that is gone (a stopped media server). */
export function forget(address: string): void {
  agents.get(address)?.destroy();
  agents.delete(address);
}

/** A peer service whose internal endpoints are called with a service token. */
export function internalPeer(name: string, address: Address, tokens: ServiceTokens, options?: ReachOptions) {
  const headers = async () => ({ authorization: `Bearer ${await tokens.sign(name)}` });
  return { ...reach(address, options), headers };
}
