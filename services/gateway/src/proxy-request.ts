import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from './upstream.ts';

/** How an answer begins. */
export type AnswerStart = Pick<IncomingMessage, 'statusCode' | 'headers'>;

/** One request on its way to one address. */
export interface ProxyRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** `http://host:port` or `unix:/path.sock`. */
  readonly address: string;
  readonly guard: Guard;
  /** The template, for metrics. */
  readonly route: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  /** Turns the upstream's headers into the client's; may throw a Problem. */
  readonly answerHeaders: (answer: IncomingHttpHeaders) => Record<string, string | string[]>;
  /** True when the bytes of a media server's answer are elsewhere, and are not to be sent from here. May throw a Problem. */
  readonly divert?: (answer: AnswerStart) => boolean;
}
