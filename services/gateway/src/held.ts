import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import type { Exchange } from './exchange.ts';
import { isUntouched } from './proxy.ts';
import type { ServerDirectory } from './servers.ts';

/** Longer than a server takes to answer what is open, end, and start anew. */
const HOLD_MS = 10_000;
const PAUSE_MS = 50;

/**
 * Sends a request to a media server, and again to where it is by then when nobody listens there any more: it has gone
 * to sleep, or is being renewed. Only what has not reached it is sent again.
 */
export async function proxyHeld(
  exchange: Exchange,
  servers: ServerDirectory,
  send: (address: string) => Promise<void>,
): Promise<void> {
  const deadline = performance.now() + HOLD_MS;
  for (;;) {
    try {
      return await send(exchange.server?.address as string);
    } catch (error) {
      if (!isUntouched(exchange.request, error as Error) || performance.now() > deadline)
        throw asNotReady(error);
      await sleep(PAUSE_MS);
      await servers.again(exchange).catch(unlessAway);
    }
  }
}

/** Who could tell where it is now is away as well: it is tried where it was. */
function unlessAway(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== 'unavailable') throw error;
}

function asNotReady(error: unknown): unknown {
  const problem = error instanceof Problem && error.code === 'unavailable';
  return problem ? new Problem('server_not_ready', { retryAfter: 2, cause: error }) : error;
}
