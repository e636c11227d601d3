import { read } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import {
  type ByteSource,
  createPresentation,
  encodeIndex,
  indexSource,
  PackagerError,
} from '@ptsdly/packager';

/** Asks for the index of an open file of this process. */
export interface IndexRequest {
  readonly fd: number;
  /** Bytes. */
  readonly size: number;
}

/** What came of it: the encoded index and the shape of the video, or why there is none. */
export type IndexAnswer =
  | {
      readonly ok: true;
      readonly index: Uint8Array;
      readonly duration: number;
      readonly width: number;
      readonly height: number;
    }
  | { readonly ok: false; readonly code: string; readonly detail: string };

/** Files of people, so caps: eleven hours at 60 frames a second take 4.3 million samples. */
const LIMITS = { maxMoovBytes: 96 * 1024 * 1024, maxSamples: 8_000_000 };

/** Answers requests for ever; runs in a thread with a memory limit, which may be ended at any time. */
export function serveIndexRequests(port: MessagePort): void {
  port.on('message', (request: IndexRequest) => {
    void answer(request).then((message) => {
      port.postMessage(message, message.ok ? [message.index.buffer as ArrayBuffer] : []);
    });
  });
}

async function answer({ fd, size }: IndexRequest): Promise<IndexAnswer> {
  try {
    const index = await indexSource(fileSource(fd, size), LIMITS);
    const { duration, width, height } = createPresentation(index);
    const encoded = encodeIndex(index);
    return { ok: true, index: owned(encoded), duration, width, height };
  } catch (error) {
    if (error instanceof PackagerError) return { ok: false, code: error.code, detail: error.message };
    return { ok: false, code: 'corrupt', detail: 'The file could not be read as a video.' };
  }
}

/** In a buffer of its own, so that it can be handed over. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function fileSource(fd: number, size: number): ByteSource {
  const fill = (target: Uint8Array, offset: number) =>
    new Promise<void>((resolve, reject) => {
      const next = (filled: number) => {
        if (filled === target.length) return resolve();
        read(fd, target, filled, target.length - filled, offset + filled, (error, count) => {
          if (error) reject(error);
          else if (count === 0) reject(new PackagerError('truncated', 'The file ends too early.'));
          else next(filled + count);
        });
      };
      next(0);
    });
  return {
    size,
    readInto: (offset, target) => fill(target, offset),
    async read(offset, length) {
      if (offset < 0 || offset + length > size) {
        throw new PackagerError('truncated', 'The file ends too early.');
      }
      const target = new Uint8Array(length);
      await fill(target, offset);
      return target;
    },
  };
}
