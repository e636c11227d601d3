import { Problem } from '@ptsdly/contract';

export type AnswerHeaders = Record<string, string | string[]>;

/** Whoever takes an answer as it comes. */
export interface AnswerReader {
  onHead(status: number, headers: AnswerHeaders): void;
  onData(chunk: Buffer): void;
  /** The answer is whole; `isLast`: nothing more comes over this connection. */
  onEnd(isLast: boolean): void;
}

const MAX_HEAD = 16 * 1024;
const MAX_LINE = 1024;
const END_OF_HEAD = '\r\n\r\n';
/** The strict form (RFC 9112 §4, §5): tokens, colons and visible text; no folded lines, no space before a colon. */
const HEAD =
  /^HTTP\/1\.1 [1-5]\d\d(?: [\t -~\x80-\xff]*)?\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*\r\n$/;
const CHUNK_SIZE = /^([0-9a-f]{1,12})[\t ]*(?:;[\t -~]*)?\r\n$/i;

type State = 'head' | 'length' | 'chunk size' | 'chunk' | 'chunk end' | 'trailer' | 'until close' | 'over';

/**
 * Reads one answer of HTTP/1.1 from a connection. What two readers could read in two ways is refused and not repaired
 * (RFC 9112 §6.3): two lengths, a length beside a coding, any coding but `chunked`, bytes after the end. Every method
 * throws `upstream_failed` then.
 */
export class AnswerParser {
  readonly #reader: AnswerReader;
  readonly #isHead: boolean;
  #state: State = 'head';
  /** Of a head or a line that has not ended. */
  #text = '';
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  #trailers = 0;
  #isLast = false;

  /** `isHead`: the request was a HEAD, whose answer has no body whatever it says. */
  constructor(reader: AnswerReader, isHead: boolean) {
    this.#reader = reader;
    this.#isHead = isHead;
  }

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at = this.#readOn(chunk, at);
  }

  /** The connection ends here. False where the answer is not whole. */
  end(): boolean {
    if (this.#state !== 'until close') return this.#state === 'over';
    this.#finish();
    return true;
  }

  #readOn(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#until(END_OF_HEAD, MAX_HEAD, chunk, at, this.#onHead);
      case 'length':
      case 'chunk':
        return this.#readBody(chunk, at);
      case 'until close':
        this.#reader.onData(at === 0 ? chunk : chunk.subarray(at));
        return chunk.length;
      case 'chunk size':
        return this.#until('\n', MAX_LINE, chunk, at, this.#onChunkSize);
      case 'chunk end':
        return this.#until('\n', 2, chunk, at, this.#onChunkEnd);
      case 'trailer':
        return this.#until('\n', MAX_LINE, chunk, at, this.#onTrailer);
      case 'over':
        throw failed();
    }
  }

  /** Gathers text up to and with `end`. */
  #until(end: string, most: number, chunk: Buffer, at: number, take: (text: string) => void): number {
    const held = this.#text.length;
    const text = this.#text + chunk.toString('latin1', at, Math.min(chunk.length, at + most));
    const found = text.indexOf(end);
    const length = found + end.length;
    if (found === -1 ? text.length >= most : length > most) throw failed();
    this.#text = found === -1 ? text : '';
    if (found === -1) return chunk.length;
    take(text.length === length ? text : text.slice(0, length));
    return at + length - held;
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    this.#reader.onData(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (this.#left > 0) return end;
    if (this.#state === 'chunk') this.#state = 'chunk end';
    else this.#finish();
    return end;
  }

  readonly #onHead = (text: string): void => {
    if (!HEAD.test(text)) throw failed();
    const status = Number(text.slice(9, 12));
    if (status === 101) throw failed(); // nobody has asked for it
    if (status < 200) return; // an early hint; the answer is still to come
    const headers = headersOf(text);
    this.#isLast = /(?:^|,)\s*close\s*(?:,|$)/i.test(String(headers.connection ?? ''));
    this.#state = this.#bodyOf(status, headers);
    this.#reader.onHead(status, headers);
    if (this.#state === 'length' && this.#left === 0) this.#finish();
  };

  /** What follows the head (RFC 9112 §6.3). */
  #bodyOf(status: number, headers: AnswerHeaders): State {
    const { 'content-length': length, 'transfer-encoding': coding } = headers;
    if (coding !== undefined && (length !== undefined || !/^chunked$/i.test(String(coding)))) throw failed();
    if (length !== undefined && !/^\d{1,15}$/.test(String(length))) throw failed();
    this.#left = 0;
    if (this.#isHead || status === 204 || status === 304) return 'length';
    if (coding !== undefined) return 'chunk size';
    this.#left = Number(length ?? 0);
    return length === undefined ? 'until close' : 'length';
  }

  readonly #onChunkSize = (line: string): void => {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw failed();
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left > 0 ? 'chunk' : 'trailer';
  };

  readonly #onChunkEnd = (line: string): void => {
    if (line !== '\r\n') throw failed();
    this.#state = 'chunk size';
  };

  /** What is said after the body is said to nobody (RFC 9110 §6.5.1). */
  readonly #onTrailer = (line: string): void => {
    this.#trailers += line.length;
    if (this.#trailers > MAX_HEAD) throw failed();
    if (line === '\r\n') this.#finish();
  };

  #finish(): void {
    const isLast = this.#isLast || this.#state === 'until close';
    this.#state = 'over';
    this.#reader.onEnd(isLast);
  }
}

const failed = () => new Problem('upstream_failed');

/** By lower-case name; a name that comes again is one list (RFC 9110 §5.3), but `set-cookie`. */
function headersOf(head: string): AnswerHeaders {
  const headers: AnswerHeaders = Object.create(null);
  for (let at = head.indexOf('\r\n') + 2; at < head.length - 2; ) {
    const end = head.indexOf('\r\n', at);
    const colon = head.indexOf(':', at);
    const name = head.slice(at, colon).toLowerCase();
    const value = head.slice(colon + 1, end).trim();
    const known = headers[name];
    if (name === 'set-cookie') headers[name] = known === undefined ? [value] : [...known, value];
    else headers[name] = known === undefined ? value : `${known}, ${value}`;
    at = end + 2;
  }
  return headers;
}
