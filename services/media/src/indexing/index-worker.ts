import type { MessagePort } from 'node:worker_threads';
import {
  createPresentation,
  displaySize,
  encodeIndex,
  indexMovie,
  type MediaIndex,
  MovieScan,
  NotArrived,
  OPENING_BYTES,
  obstacleOf,
  PackagerError,
} from '@ptsdly/packager';
import { fileSource } from './file-source.ts';
import { nameMovie, Scans, tell } from './scans.ts';

/**
 * Asks for the index of an open file of this process, or of a movie header that came ahead of its file; or says that
 * a file will not be asked for any more.
 */
export type IndexRequest =
  | {
      readonly fd: number;
      /** Bytes that the file has, or will have. */
      readonly size: number;
      /** Bytes that are there; all when absent. */
      readonly arrived?: number;
      /** Names the file, so that the next request for it goes on where this one ended. */
      readonly id?: string;
      /** The movie header whose index the asker has already. */
      readonly known?: string;
    }
  | { readonly moov: Uint8Array<ArrayBuffer>; readonly size: number }
  | { readonly forget: string; readonly size: 0 };

/** What came of it: the encoded index and the shape of the video, or why there is none. */
export type IndexAnswer =
  | {
      readonly ok: true;
      readonly index: Uint8Array;
      readonly duration: number;
      readonly width: number;
      readonly height: number;
      /** Names the movie header, or what stands for it. */
      readonly movie: string;
      /** Why browsers cannot play all of it as it is, in words for people: something must be converted first. */
      readonly obstacle: string | null;
      /** More of the file is to come, and more of the video. */
      readonly growing: boolean;
      /** Why its picture is not in the index although a decoder may know it; null when all is there. */
      readonly lacks: 'unsupported_codec' | null;
    }
  /** The index is the one that the asker has. */
  | { readonly ok: true; readonly unchanged: true; readonly movie: string }
  | {
      readonly ok: false;
      readonly code: string;
      readonly detail: string;
      /** Bytes that must be there before it is worth another look; absent when there is nothing to wait for. */
      readonly needs?: number;
    };

/** Files of people, so caps: eleven hours at 60 frames a second take 4.3 million samples. */
const LIMITS = { maxMoovBytes: 96 * 1024 * 1024, maxSamples: 8_000_000 };

/** How much more of a file must be there before it is looked at again, when nothing says how much. */
const STEP = 64 * 1024;

/** Answers requests for ever; runs in a thread with a memory limit, which may be ended at any time. */
export function serveIndexRequests(port: MessagePort): void {
  const scans = new Scans(LIMITS);
  port.on('message', (request: IndexRequest) => {
    void answer(scans, request).then((message) => {
      port.postMessage(message, 'index' in message ? [message.index.buffer as ArrayBuffer] : []);
    });
  });
}

async function answer(scans: Scans, request: IndexRequest): Promise<IndexAnswer> {
  const arrived = 'fd' in request ? (request.arrived ?? request.size) : request.size;
  try {
    if ('forget' in request) {
      scans.forget(request.forget);
      return { ok: false, code: 'forgotten', detail: '' };
    }
    if ('fd' in request) return await indexFile(scans, request, arrived);
    return described(indexMovie(request.moov, request.size, LIMITS), nameMovie(request.moov));
  } catch (error) {
    if (error instanceof NotArrived) return notArrived(error.needs);
    if (!(error instanceof PackagerError)) {
      return { ok: false, code: 'corrupt', detail: 'The file could not be read as a video.' };
    }
    const isEarly = arrived < request.size && error.code === 'truncated';
    return isEarly ? notArrived(arrived + STEP) : { ok: false, code: error.code, detail: error.message };
  }
}

async function indexFile(
  scans: Scans,
  { fd, size, id, known }: Extract<IndexRequest, { fd: number }>,
  arrived: number,
): Promise<IndexAnswer> {
  if (arrived < Math.min(OPENING_BYTES, size)) throw new NotArrived(OPENING_BYTES);
  const part = fileSource(fd, arrived);
  const scanned = await scans.advance(id, part, size);
  if (scanned.name === known && isAtOnce(scanned.scan)) return { ok: true, unchanged: true, movie: known };
  const index = await scanned.scan.index(part, arrived === size);
  if (index.growing && !hasSegments(index)) return notArrived(arrived + STEP);
  return described(index, tell(scanned, index));
}

/** Whether the movie header tells everything, so that the same header means the same index. */
function isAtOnce(scan: object): boolean {
  return scan instanceof MovieScan && !scan.isFragmented;
}

function hasSegments(index: MediaIndex): boolean {
  return createPresentation(index).tracks.every(({ segmentCount }) => segmentCount > 0);
}

function described(index: MediaIndex, movie: string): IndexAnswer {
  const encoded = owned(encodeIndex(index));
  const obstacle = obstacleOf(index) ?? null;
  const { duration, growing = false } = index;
  const lacks = !growing && lacksPicture(index) ? 'unsupported_codec' : null;
  return { ok: true, index: encoded, duration, ...displaySize(index), movie, obstacle, growing, lacks };
}

/** In a transport stream what is left out is a codec that only a decoder knows; elsewhere it is encrypted. */
function lacksPicture({ container, video, skipped }: MediaIndex): boolean {
  return container === 'ts' && !video && skipped.some(({ kind }) => kind === 'video');
}

function notArrived(needs: number): IndexAnswer {
  return { ok: false, code: 'not_arrived', detail: 'The file is still arriving.', needs };
}

/** In a buffer of its own, so that it can be handed over. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
