import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import {
  type ByteSource,
  displaySize,
  encodeIndex,
  indexMovie,
  indexSource,
  locateMovie,
  type MediaIndex,
  obstacleOf,
  PackagerError,
} from '@ptsdly/packager';

/** Asks for the index of an open file of this process, or of a movie header that came ahead of its file. */
export type IndexRequest =
  | {
      readonly fd: number;
      /** Bytes that the file has, or will have. */
      readonly size: number;
      /** Bytes that are there; all when absent. */
      readonly arrived?: number;
    }
  | { readonly moov: Uint8Array<ArrayBuffer>; readonly size: number };

/** What came of it: the encoded index and the shape of the video, or why there is none. */
export type IndexAnswer =
  | {
      readonly ok: true;
      readonly index: Uint8Array;
      readonly duration: number;
      readonly width: number;
      readonly height: number;
      /** Names the movie header; null for a container that has none. */
      readonly movie: string | null;
      /** Why browsers cannot play all of it as it is, in words for people: something must be converted first. */
      readonly obstacle: string | null;
    }
  | {
      readonly ok: false;
      readonly code: string;
      readonly detail: string;
      /** Bytes that must be there before it is worth another look; absent when there is nothing to wait for. */
      readonly needs?: number;
    };

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

async function answer(request: IndexRequest): Promise<IndexAnswer> {
  try {
    const { index, movie } = await indexOf(request);
    const { width, height } = displaySize(index);
    const encoded = encodeIndex(index);
    const obstacle = obstacleOf(index) ?? null;
    return { ok: true, index: owned(encoded), duration: index.duration, width, height, movie, obstacle };
  } catch (error) {
    if (error instanceof NotArrived) {
      return { ok: false, code: 'not_arrived', detail: 'The file is still arriving.', needs: error.needs };
    }
    if (error instanceof PackagerError) return { ok: false, code: error.code, detail: error.message };
    return { ok: false, code: 'corrupt', detail: 'The file could not be read as a video.' };
  }
}

interface Reading {
  readonly index: MediaIndex;
  readonly movie: string | null;
}

async function indexOf(request: IndexRequest): Promise<Reading> {
  if ('moov' in request) return readMovie(request.moov, request.size, 'mp4');
  const { fd, size, arrived = size } = request;
  const source = fileSource(fd, size, arrived);
  if (arrived === size) {
    return { index: await indexSource(source, LIMITS), movie: await nameOf(source) };
  }
  const { offset, length, brand } = await locateMovie(source);
  if (length > LIMITS.maxMoovBytes)
    throw new PackagerError('limits_exceeded', 'The movie header is too large.');
  return readMovie(await source.read(offset, length), size, brand);
}

function readMovie(moov: Uint8Array, size: number, container: 'mp4' | 'mov'): Reading {
  const index = indexMovie(moov, size, { ...LIMITS, container });
  return { index, movie: nameMovie(moov) };
}

/** The name of a file's movie header, to tell whether it is the one that was sent ahead. */
async function nameOf(source: ByteSource): Promise<string | null> {
  try {
    const { offset, length } = await locateMovie(source);
    return nameMovie(await source.read(offset, length));
  } catch (error) {
    if (error instanceof PackagerError) return null;
    throw error;
  }
}

/** 96 bits of its SHA-256: short, since it stands in the address of every segment. */
function nameMovie(moov: Uint8Array): string {
  return createHash('sha256').update(moov).digest('base64url').slice(0, 16);
}

/** The bytes asked for are not there yet. */
class NotArrived extends Error {
  override readonly name = 'NotArrived';
  readonly needs: number;

  constructor(needs: number) {
    super(`needs ${needs} bytes`);
    this.needs = needs;
  }
}

/** In a buffer of its own, so that it can be handed over. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function fileSource(fd: number, size: number, arrived: number): ByteSource {
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
      if (offset + length > arrived) throw new NotArrived(offset + length);
      const target = new Uint8Array(length);
      await fill(target, offset);
      return target;
    },
  };
}
