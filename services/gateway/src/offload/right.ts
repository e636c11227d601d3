import type { IncomingHttpHeaders } from 'node:http';
import { OFFLOAD_MOST, type OffloadOffer } from '@ptsdly/contract';
import { Lease } from './lease.ts';

export type AnswerHeaders = Record<string, string | string[]>;

/** Bytes of an object as an answer. */
export interface Piece {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly offset: number;
  readonly length: number;
  /** The server has counted them already. */
  readonly isCounted: boolean;
}

export interface RightOptions {
  readonly status: number;
  /** Of the answer, as the client may see them. */
  readonly headers: AnswerHeaders;
  readonly offer: OffloadOffer;
  /** When we asked, in milliseconds of `performance.now()`. */
  readonly askedAt: number;
  /** Asks the server again, in the words of `offloadAsk`; rejects when it does not offer the same as before. */
  readonly ask: (what: string, signal?: AbortSignal) => Promise<void>;
  readonly over: () => void;
}

/** What depends on more than the place of the bytes is the server's to answer (RFC 9110 §13.1). */
const CONDITIONS = ['if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
/** These are of one answer, not of what it shows. */
const OF_ONE = ['content-length', 'content-range', 'date', 'x-request-id'];

/** Bytes that a media server lets us send, for as long as it says so again and again. */
export class Right {
  readonly lease: Lease;
  readonly #options: RightOptions;
  readonly #shared: AnswerHeaders;
  /** Bytes that the server has not counted yet; negative for those that it has counted and nobody sent. */
  #owed = 0;

  constructor(options: RightOptions) {
    this.#options = options;
    this.#shared = { ...options.headers };
    for (const name of OF_ONE) delete this.#shared[name];
    this.lease = new Lease(options.askedAt, {
      ask: (signal) => this.#tell(signal),
      isWanted: () => this.#owed !== 0,
      over: options.over,
    });
  }

  get offer(): OffloadOffer {
    return this.#options.offer;
  }

  /** The bytes that were offered, which the server has counted. */
  get offered(): Piece {
    const { status, headers, offer } = this.#options;
    const { offset, length } = offer;
    const whole = { ...headers, 'content-length': String(length) };
    return { status, headers: whole, offset, length, isCounted: true };
  }

  /**
   * Other bytes of the same object, where the right is to any of them and the request asks for one range plainly
   * (RFC 9110 §14.1.2). What is less plain is undefined, and for the server to answer.
   */
  piece(asked: IncomingHttpHeaders): Piece | undefined {
    const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(asked.range ?? '');
    const { any, size } = this.offer;
    if (!match || !any || CONDITIONS.some((name) => asked[name] !== undefined)) return undefined;
    const offset = Number(match[1]);
    const end = Math.min(Number(match[2]) + 1, size);
    const length = end - offset;
    if (length < 1 || length > OFFLOAD_MOST) return undefined;
    const place = { 'content-length': String(length), 'content-range': `bytes ${offset}-${end - 1}/${size}` };
    return { status: 206, headers: { ...this.#shared, ...place }, offset, length, isCounted: false };
  }

  /** Bytes that have gone out and were not counted; negative for those that were and have not. */
  owe(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed !== 0 && this.lease.isOver) void this.#tell().catch(() => undefined);
  }

  /** Asks for the right again, and says what is to be counted. */
  async #tell(signal?: AbortSignal): Promise<void> {
    const owed = this.#owed;
    this.#owed = 0;
    const what = owed === 0 ? 'renew' : owed > 0 ? `sent=${owed}` : `unsent=${-owed}`;
    await this.#options.ask(what, signal);
  }
}
