import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { countShortLived } from '@ptsdly/kit';
import type { SpoolWriter } from './spool-writer.ts';

/** How the body of a PATCH ended: whole, cut by a client that is gone, or longer than was announced. */
export type BodyEnd = 'whole' | 'cut' | 'overflow';

export interface BodyOptions {
  /** Bytes that may still come. */
  readonly limit: number;
  /** Hash the body by itself, for its `Upload-Checksum`. */
  readonly checksum: boolean;
  /** Aborts when somebody else wants to write: the connection is closed and what came is kept. */
  readonly signal: AbortSignal;
}

export interface ReceivedBody {
  readonly end: BodyEnd;
  /** SHA-256 of the body, when it was asked for. */
  readonly sha256: Buffer | undefined;
}

/** A sender that is silent for this long is gone. */
const SILENCE_MS = 60_000;

/**
 * Moves the body of a request into a spool. On data events and not by async iteration, which costs a promise
 * for each 64 KiB. Resolves when everything that came is in the file; rejects when it cannot be written.
 */
export async function receiveBody(
  request: Readable,
  writer: SpoolWriter,
  options: BodyOptions,
): Promise<ReceivedBody> {
  const hash = options.checksum ? createHash('sha256') : undefined;
  const end = await new Promise<BodyEnd>((resolve) => {
    let left = options.limit;
    const silence = setTimeout(() => request.destroy(), SILENCE_MS);
    const leave = () => request.destroy();
    const finish = (how: BodyEnd) => {
      clearTimeout(silence);
      options.signal.removeEventListener('abort', leave);
      request.removeAllListeners('data');
      resolve(how);
    };
    request.on('data', (chunk: Buffer) => {
      silence.refresh();
      left -= chunk.length;
      countShortLived(chunk.length);
      if (left < 0) return finish('overflow');
      hash?.update(chunk);
      const wait = writer.write(chunk);
      if (writer.failed) return finish('cut');
      if (!wait) return;
      request.pause();
      void wait.then(() => request.resume());
    });
    request.once('end', () => finish('whole'));
    request.on('error', () => finish('cut'));
    request.once('close', () => finish('cut'));
    options.signal.addEventListener('abort', leave);
    if (options.signal.aborted || request.destroyed) finish('cut');
  });
  await writer.end();
  return { end, sha256: hash?.digest() };
}
