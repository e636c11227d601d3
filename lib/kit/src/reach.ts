import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from '@ptsdly/contract';
import type { ServiceTokens } from './auth.ts';
import { type HttpConnections, openConnections } from './connections.ts';
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

/** Calls that may be made again when their connection breaks before the answer, and how often. */
const REPEATABLE = ['GET', 'HEAD', 'PUT', 'DELETE'];
const BROKEN = ['ECONNRESET', 'EPIPE'];
/** Nobody listens, or there is no such name or machine for now: a container that starts anew is all of these. */
const UNREACHED = ['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT'];
const REPEATS = 4;
const REPEAT_MS = 50;

const opened = new Map<string, HttpConnections>();

export interface ReachOptions {
  /** How long a call that reaches nobody is made again, in milliseconds; 5 s where not given. */
  readonly restartMs?: number;
}

/** A peer by its address. The connection pool of an address is shared and lives as long as the process. */
export function reach(address: Address, { restartMs = RESTART_MS }: ReachOptions = {}): Peer {
  if (typeof address !== 'string') return { fetch: abortable(address.fetch), baseUrl: 'http://service' };
  const socketPath = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
  const baseUrl = socketPath ? 'http://service' : address;
  const connections = opened.get(address) ?? openConnections(socketPath, IDLE_MS);
  opened.set(address, connections);
  const fetch: Fetch = async (request) => {
    const { method, signal } = request;
    const body = request.body ? Buffer.from(await request.arrayBuffer()) : undefined;
    const send = () => connections.send(request, body);
    return untilReached(() => untilUnbroken(send, method, signal), restartMs, signal);
  };
  return { fetch, baseUrl };
}

/** Repeats what may be repeated when a peer restarts: idempotent calls, on errors of the connection only. */
async function untilUnbroken(
  send: () => Promise<Response>,
  method: string,
  signal: AbortSignal,
): Promise<Response> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await send();
    } catch (error) {
      const isBroken = BROKEN.includes(codeOf(error)) && REPEATABLE.includes(method);
      if (!isBroken || repeats === REPEATS) throw error;
      await sleep(REPEAT_MS * 2 ** repeats, undefined, { signal });
    }
  }
}

/** A call that has reached nobody is made again while the peer restarts, whatever it is: nothing has happened yet. */
async function untilReached<T>(send: () => Promise<T>, restartMs: number, signal: AbortSignal): Promise<T> {
  const deadline = performance.now() + restartMs;
  for (let pause = PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await send();
    } catch (error) {
      const isUnreached = UNREACHED.includes(codeOf(error));
      if (!isUnreached || performance.now() > deadline) throw error;
      await sleep(pause, undefined, { signal });
    }
  }
}

/** What happened to the connection of a call. */
const codeOf = (error: unknown) =>
  String(((error as Error).cause as NodeJS.ErrnoException | undefined)?.code);

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
  opened.get(address)?.destroy();
  opened.delete(address);
}

/** A peer service whose internal endpoints are called with a service token. */
export function internalPeer(name: string, address: Address, tokens: ServiceTokens, options?: ReachOptions) {
  const headers = async () => ({ authorization: `Bearer ${await tokens.sign(name)}` });
  return { ...reach(address, options), headers };
}
