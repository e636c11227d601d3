import type { IncomingMessage } from 'node:http';
import { type ImportOrder, importHeaders, Problem } from '@ptsdly/contract';
import { fileNameOf, isNoVideo, SNIFFED } from './content.ts';
import { failed, internet, openSource, refused, type Surroundings } from './open-source.ts';

/** A body that brings nothing for so long has ended. */
const STALL_MS = 30_000;
/** No file takes longer. */
const LONGEST_MS = 6 * 3_600_000;
const PER_SERVER = 2;
const ALTOGETHER = 8;

export interface ImportsOptions {
  readonly world?: Surroundings;
  readonly stallMs?: number;
  readonly longestMs?: number;
}

export interface OpenedImport {
  /** Of the answer to the media server: `importHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncGenerator<Buffer, void>;
}

/** What a body of another server tells of itself. */
interface Told {
  readonly offset: number;
  /** Of the whole file; undefined when it is not told. */
  readonly size: number | undefined;
  readonly validator: string | null;
}

/**
 * Fetches files from the internet for media servers, which have no network (DESIGN §5): one narrow service on the
 * control socket of each. What is fetched is handed on and never kept; how much is under way at once is limited.
 */
export class Imports {
  readonly #world: Surroundings;
  readonly #stallMs: number;
  readonly #longestMs: number;
  readonly #running = new Map<string, number>();

  constructor({ world = internet, stallMs = STALL_MS, longestMs = LONGEST_MS }: ImportsOptions = {}) {
    this.#world = world;
    this.#stallMs = stallMs;
    this.#longestMs = longestMs;
  }

  /**
   * Opens a file for one server. Rejects with `import_address`, `import_private` or `import_no_video` (where
   * it leads or what it is), `import_unreachable`, `import_denied` or `import_failed` (the
   * other side), `quota_exceeded` (its size) or `rate_limited`. The body rejects with the same; it must be read to
   * its end, or returned.
   */
  async open(serverId: string, order: ImportOrder, signal: AbortSignal): Promise<OpenedImport> {
    const release = this.#begin(serverId);
    try {
      return await this.#open(order, signal, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async #open(order: ImportOrder, signal: AbortSignal, release: () => void): Promise<OpenedImport> {
    const { url, from, validator, limit } = order;
    const resume = from > 0 ? { range: `bytes=${from}-`, ...(validator && { 'if-range': validator }) } : {};
    const source = await openSource({ url, headers: resume, signal }, this.#world);
    try {
      const told = readHead(source, from);
      if ((told.size ?? 0) > limit) throw new Problem('quota_exceeded');
      const body = this.#watch(source, limit - told.offset);
      const { done, value: first = Buffer.alloc(0) } = await body.next();
      const type = String(source.headers['content-type'] ?? '');
      if (told.offset === 0 && (done || isNoVideo(type, first.subarray(0, SNIFFED)))) {
        throw refused('import_no_video', done ? 'It is empty.' : 'This is a page or a playlist.');
      }
      const name = fileNameOf(source.headers['content-disposition'], new URL(url));
      return { headers: headersOf(told, name, type), body: rest(first, body, release) };
    } catch (error) {
      source.destroy();
      throw error;
    }
  }

  /** The chunks of a body, bounded in time and size; the first one is long enough to be looked at. */
  async *#watch(source: IncomingMessage, limit: number): AsyncGenerator<Buffer, undefined> {
    const end = (why: string) => source.destroy(failed(why));
    let isWaiting = true; // for the other side, and not for ours
    const stall = setTimeout(() => isWaiting && end('It has stopped sending.'), this.#stallMs);
    const late = setTimeout(() => end('It takes too long.'), this.#longestMs);
    try {
      let left = limit;
      let start: Buffer | undefined = Buffer.alloc(0);
      for await (const chunk of source as AsyncIterable<Buffer>) {
        stall.refresh();
        left -= chunk.length;
        if (left < 0) throw new Problem('quota_exceeded');
        start = start && Buffer.concat([start, chunk]);
        if (start && start.length < SNIFFED) continue;
        isWaiting = false;
        yield start ?? chunk;
        isWaiting = true;
        stall.refresh();
        start = undefined;
      }
      if (start && start.length > 0) yield start;
    } catch (cause) {
      throw cause instanceof Problem ? cause : failed('It broke off.', cause);
    } finally {
      clearTimeout(stall);
      clearTimeout(late);
      source.destroy();
    }
  }

  /** Throws `rate_limited` when enough is under way. */
  #begin(serverId: string): () => void {
    const mine = this.#running.get(serverId) ?? 0;
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    if (mine >= PER_SERVER || all >= ALTOGETHER) throw new Problem('rate_limited', { retryAfter: 10 });
    this.#running.set(serverId, mine + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (this.#running.get(serverId) ?? 1) - 1;
      if (left > 0) this.#running.set(serverId, left);
      else this.#running.delete(serverId);
    };
  }
}

function headersOf({ offset, size, validator }: Told, name: string, type: string): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    [importHeaders.offset]: String(offset),
    [importHeaders.name]: encodeURIComponent(name.toWellFormed()),
    [importHeaders.type]: encodeURIComponent(type),
    ...(size !== undefined && { [importHeaders.size]: String(size) }),
    ...(validator && { [importHeaders.validator]: encodeURIComponent(validator) }),
  };
}

/** What was read for a look, and then the rest of it; however it ends, the place of this import is free. */
async function* rest(first: Buffer, body: AsyncGenerator<Buffer, undefined>, release: () => void) {
  try {
    yield first;
    yield* body;
  } finally {
    release();
    await body.return(undefined);
  }
}

/** Throws `import_denied` or `import_failed` when the answer is no file. */
function readHead({ statusCode = 0, headers }: IncomingMessage, from: number): Told {
  if (statusCode !== 200 && statusCode !== 206)
    throw failed(`It answers with status ${statusCode}.`, undefined, 'import_denied');
  const encoding = headers['content-encoding'];
  if (encoding && encoding !== 'identity')
    throw failed('It sends the file in an encoding that was not asked for.');
  const etag = headers.etag?.startsWith('W/') ? undefined : headers.etag;
  const validator = etag ?? headers['last-modified'] ?? null;
  if (statusCode === 200) return { offset: 0, size: count(headers['content-length']), validator };
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  if (!range || Number(range[1]) !== from) throw failed('It answers with another part of the file.');
  return { offset: from, size: count(range[2]), validator };
}

/** A number of bytes; undefined for what is none. */
function count(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}
