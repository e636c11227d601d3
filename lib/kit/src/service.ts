import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnswerHead } from './head-socket.ts';

/**
 * A service is a function from Request to Response. In one process a peer calls it directly; apart, the same
 * call is a `fetch`. Only the composition in `ptsdly` knows which.
 */
export interface Service {
  readonly name: string;
  /** The whole JSON surface, `/healthz`, `/readyz`, `/metrics` and `/internal/*` included. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Byte paths on raw `node:http` (uploads, ranges, the redirect), where web streams cost too much.
   * Answers true when it took the request.
   */
  readonly raw?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /**
   * Answers the commonest request of all from its head, before `node:http` has it. What it does not answer goes
   * on to `raw` and `fetch`, which know everything by themselves.
   */
  readonly answerHead?: AnswerHead;
  /** Takes requests for another protocol on the same connection (RFC 9110 §7.8). */
  readonly upgrade?: Upgrade;
  /** Ends background work and closes the stores, after the listener has drained. */
  close(): Promise<void>;
}

export interface Upgrade {
  /** Whether it is taken; otherwise it is a request like any other. */
  readonly wants: (request: IncomingMessage) => boolean;
  readonly take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}
