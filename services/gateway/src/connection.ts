import { Agent } from 'node:http';

/** A connection to an upstream on which nothing moves. */
export const SILENCE_MS = 120_000;
export const CONNECT_MS = 2000;
/**
 * Idle connections are given up sooner than any service that drains closes them (`listen`): no request is sent into
 * a connection that is about to close.
 */
export const IDLE_MS = 1000;

export const agent = new Agent({
  keepAlive: true,
  maxSockets: Number.POSITIVE_INFINITY,
  maxFreeSockets: 256,
  timeout: IDLE_MS,
});

/** Lets go of connections that nobody uses, so that whoever is at their other end can close at once. */
export function leaveIdle(): void {
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

export function connectTo(address: string) {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) };
  const { hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}
