import type { IncomingMessage, ServerResponse } from 'node:http';
import { OFFLOAD_HEADER, OFFLOAD_MOST, type OffloadOffer, offloadAsk } from '@ptsdly/contract';

/** A shorter piece is sent sooner than it is handed over. */
const LEAST = 64 * 1024;

/** Bytes that others send in the place of a response; negative for those that they have not sent after all. */
const handed = new WeakMap<ServerResponse, number>();

/** Bytes that the gateway has sent, or will send, for a response of ours. */
export const handedOver = (response: ServerResponse): number => handed.get(response) ?? 0;

/** What the gateway asks of a request; undefined when it wants the bytes. */
export function askOf({ headers }: IncomingMessage): string | undefined {
  const ask = headers[OFFLOAD_HEADER];
  return offloadAsk.safeParse(ask).data;
}

export const isWorthIt = (length: number): boolean => length >= LEAST && length <= OFFLOAD_MOST;

/**
 * Answers with the place of the bytes instead of the bytes, to the gateway of this machine which has asked for it. What
 * stands in `headers` is for the client.
 */
export function handOver(
  response: ServerResponse,
  ask: string,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  offer: OffloadOffer,
): void {
  const [what, count] = ask.split('=');
  if (what === 'offer') handed.set(response, offer.length);
  if (what === 'sent') handed.set(response, Number(count));
  if (what === 'unsent') handed.set(response, -Math.min(Number(count), offer.length));
  response.setHeader(OFFLOAD_HEADER, JSON.stringify(offer));
  response.writeHead(status, { ...headers, 'content-length': 0 }).end();
}
