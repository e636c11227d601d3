import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Checkout } from '@ptsdly/contract';

/** What the next charges come to; `lost`: it is charged, and the answer never arrives. `down`: not even that. */
export type Verdict = 'approve' | 'no_money' | 'expired' | 'lost' | 'down';

/** An event as it is posted to our webhook. */
export interface SignedEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A payment provider that speaks the wire protocol of a real one, and does as a test says. */
export interface StandIn {
  /** For `openPayments`. */
  readonly url: string;
  readonly key: string;
  readonly webhookSecret: string;
  /** Used up from the front; then everything is approved. */
  readonly verdicts: Verdict[];
  /** Successful charges: our id and the amount, in order. What stands here twice was charged twice. */
  readonly charged: { readonly id: string; readonly amount: number }[];
  /** Methods that were given up. */
  readonly forgotten: string[];
  /** Somebody gives a card at the provider. Answers what their browser brings back. */
  give(checkout: Checkout, last4: string): string;
  refund(id: string, amount: number): void;
  /** The events so far, signed as of now; taken once. */
  takeEvents(): SignedEvent[];
  close(): Promise<void>;
}

export interface WireAnswer {
  readonly status: number;
  readonly json: unknown;
}

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Serves a protocol on a socket; where it answers nothing the connection is cut. */
export async function serveWire(answer: (request: WireRequest) => WireAnswer | undefined) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const result = answer({ method: request.method ?? '', url, headers: request.headers, body });
    if (!result) {
      request.socket.destroy();
      return;
    }
    response.writeHead(result.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(result.json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { base: `http://127.0.0.1:${port}`, close };
}
