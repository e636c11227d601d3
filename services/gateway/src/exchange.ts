import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerAddress } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { Route } from './route.ts';
import type { Trace } from './trace.ts';

/** One request on its way through the filters. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly log: Logger;
  readonly startedAt: number;
  requestId: string;
  /** Where the client is, behind proxies that are trusted. */
  address: string;
  trace: Trace;
  /** The path as it came and as it is forwarded, without the query. */
  path: string;
  route: Route | undefined;
  params: Readonly<Record<string, string>>;
  /** The token for the upstream, once the relay has it. */
  token: string | undefined;
  /** Who calls, once the relay knows. */
  sub: string | undefined;
  /** The server that a media route leads to. */
  server: Pick<ServerAddress, 'id' | 'state' | 'address' | 'objects'> | undefined;
  /** The link by which it is asked for has ended since. */
  isEnded: boolean;
}

/** Refuses by throwing a Problem; else the next filter has its turn. */
export type Filter = (exchange: Exchange) => Promise<void> | void;

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
