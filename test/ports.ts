import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that a system gives to whoever asks for any, and to connections on their way out (Linux: 32768 to
 * 60999, RFC 6335 §6: 49152 to 65535): among those, one that is free now may be another's before it is listened on.
 */
const LOWEST = 12_000;
const COUNT = 20_000;

const given = new Set<number>();

/** Ports that nothing listens on at the moment, on loopback; each is given once. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const listening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (listening) await new Promise((resolve) => server.close(resolve));
  return listening;
}
