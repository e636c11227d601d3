import { type OffloadOffer, Problem } from '@ptsdly/contract';
import { writeChunk } from '@ptsdly/kit';
import type { Exchange } from '../exchange.ts';
import { ObjectMissing, type Storage } from '../storage/storage.ts';
import { isUnchanged, readRange } from './byte-range.ts';
import { askOf, handOver, isWorthIt } from './handover.ts';

/** Bytes as an answer, whole or a range of them. */
export interface OfferedBytes {
  /** Bytes. */
  readonly size: number;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly disposition?: string;
  /** The object that they are, where the gateway may read it itself, and by whose right it would. */
  readonly plain?: Pick<OffloadOffer, 'object' | 'by' | 'any'>;
  /** As `Storage.stream` does. Rejects with `ObjectMissing` when there is nothing. */
  stream(start: number, end: number, write: (chunk: Uint8Array) => Promise<void>): Promise<void>;
}

/** An object as an answer. */
export interface Offered extends Omit<OfferedBytes, 'stream' | 'plain'> {
  readonly name: string;
  /** By whose right; where given, the gateway may read the object itself. */
  readonly by?: OffloadOffer['by'];
}

/**
 * Answers GET and HEAD with an object, whole or one range of it, read from the storage as fast as the client
 * takes it. Rejects with `range_not_satisfiable` or `not_found`.
 */
export function sendObject(exchange: Exchange, storage: Storage, offered: Offered): Promise<void> {
  const { name, by } = offered;
  return sendBytes(exchange, {
    ...offered,
    ...(by && storage.isPlain && { plain: { object: name, by, any: by === 'owner' } }),
    stream: (start, end, write) => storage.stream(name, start, end, write),
  });
}

/** Answers GET and HEAD with bytes from anywhere. Rejects like `sendObject`. */
export async function sendBytes(exchange: Exchange, offered: OfferedBytes): Promise<void> {
  const { request, response } = exchange;
  const { size, etag } = offered;
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('etag', etag);
  response.setHeader('cache-control', offered.cacheControl);
  if (isUnchanged(request.headers, etag)) {
    response.writeHead(304).end();
    return;
  }
  const range = request.method === 'GET' ? readRange(request.headers, size, etag) : undefined;
  if (range === 'unsatisfiable') {
    throw new Problem('range_not_satisfiable', { headers: { 'content-range': `bytes */${size}` } });
  }
  const { start, end } = range ?? { start: 0, end: size };
  const headers: Record<string, string | number> = {
    'content-type': offered.type,
    'content-length': end - start,
    'content-security-policy': "sandbox; default-src 'none'",
  };
  if (offered.disposition) headers['content-disposition'] = offered.disposition;
  if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  if (request.method === 'HEAD') {
    response.writeHead(200, headers).end();
    return;
  }
  const ask = offered.plain && isWorthIt(end - start) ? askOf(request) : undefined;
  if (offered.plain && ask !== undefined) {
    const offer = { ...offered.plain, size, offset: start, length: end - start };
    return handOver(response, ask, range ? 206 : 200, headers, offer);
  }
  let begun = false;
  await offered
    .stream(start, end, (chunk) => {
      if (!begun) response.writeHead(range ? 206 : 200, headers);
      begun = true;
      return writeChunk(response, chunk);
    })
    .catch((cause: unknown) => {
      throw cause instanceof ObjectMissing ? new Problem('not_found', { cause }) : cause;
    });
  response.end();
}
