import { OFFLOAD_HEADER, type OffloadOffer } from '@ptsdly/contract';
import { ClientGone, ReadBuffers, streamFile, writeChunk } from '@ptsdly/kit';
import { type Exchange, type Filter, header } from '../exchange.ts';
import { hasBody, isGone, isHttp2 } from '../http2.ts';
import { proxy } from '../proxy.ts';
import type { AnswerStart, ProxyRequest } from '../proxy-request.ts';
import { type LentFile, ObjectFiles, ObjectUnreachable } from './object-files.ts';
import { askAgain, offerOf, untrue } from './offer.ts';
import { type Piece, Right } from './right.ts';
import { type Place, SharedRights } from './shared-rights.ts';

/** Each of them holds a megabyte. */
const MOST_AT_ONCE = 96;
/** After this somebody may have given us the right to read a server's files. */
const UNREACHABLE_MS = 30_000;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface OffloadOptions {
  /** Renews the token of a request that goes on. */
  readonly relay: Filter;
  /** The headers with which a request goes to its upstream. */
  readonly headersOf: (exchange: Exchange) => readonly string[];
  /** `on`; `off`; or `nginx:` and the internal location of an nginx before us that leads to the folder of all servers. */
  readonly by: string;
}

/** Bytes of a media server's object that are to be sent. */
interface Handover {
  readonly exchange: Exchange;
  readonly right: Right;
  readonly piece: Piece;
  /** Of the server's objects. */
  readonly folder: string;
}

/**
 * Sends pieces of objects from the files of media servers on this machine, instead of through their sockets (DESIGN §5).
 * The server still decides who may have them, and several times a second again while they go out, so that the end of a
 * right ends what is under way (DESIGN §6.10). What cannot be had so goes the old way.
 */
export class Offload {
  readonly #options: OffloadOptions;
  readonly #files = new ObjectFiles();
  readonly #buffers = new ReadBuffers();
  readonly #shared = new SharedRights();
  readonly #unreachable = new Map<string, number>();
  #open = 0;

  constructor(options: OffloadOptions) {
    this.#options = options;
  }

  /** Like `proxy`; resolves when the answer has begun, or when it has ended. */
  async send(exchange: Exchange, passed: ProxyRequest): Promise<void> {
    const { server, request } = exchange;
    if (server && !SAFE_METHODS.has(request.method ?? '')) return this.#change(server.id, passed);
    const folder = server?.objects;
    if (folder === undefined || !this.#mayAsk(exchange, passed, folder)) return proxy(passed);
    const place = this.#shared.placeOf(exchange);
    const known = place?.right;
    const piece = known?.piece(request.headers);
    const handover =
      known && piece ? { exchange, right: known, piece, folder } : await this.#ask(exchange, passed, place);
    if (handover && !(await this.#take(handover))) await proxy(passed);
  }

  close(): void {
    this.#files.close();
    this.#buffers.close();
  }

  /** Whoever changes something and looks when that is answered finds it changed. */
  async #change(serverId: string, passed: ProxyRequest): Promise<void> {
    this.#shared.forget(serverId);
    try {
      await proxy(passed);
    } finally {
      this.#shared.forget(serverId); // what was given meanwhile may be of before
    }
  }

  #mayAsk({ request, response }: Exchange, { address }: ProxyRequest, folder: string): boolean {
    if (request.method !== 'GET' || isHttp2(request) || hasBody(request) || isGone(response)) return false;
    if (this.#options.by === 'off' || !address.startsWith('unix:') || this.#open >= MOST_AT_ONCE)
      return false;
    return (this.#unreachable.get(folder) ?? 0) < performance.now();
  }

  /** Undefined when the server has answered by itself. */
  async #ask(exchange: Exchange, passed: ProxyRequest, place?: Place): Promise<Handover | undefined> {
    const askedAt = performance.now();
    const given: Right[] = [];
    const divert = (answer: AnswerStart) => {
      const offer = offerOf(answer);
      if (offer === undefined) return false;
      const headers = passed.answerHeaders(answer.headers);
      const right: Right = new Right({
        ...{ status: answer.statusCode ?? 200, headers, offer, askedAt },
        ask: (what, signal) => this.#askAgain(exchange, passed, { what, offer, signal }),
        over: () => place?.leave(right),
      });
      if (offer.any) place?.keep(right);
      given.push(right);
      return true;
    };
    await proxy({ ...passed, headers: [...passed.headers, OFFLOAD_HEADER, 'offer'], divert });
    const [right] = given;
    return right && { exchange, right, piece: right.offered, folder: exchange.server?.objects as string };
  }

  async #askAgain(
    exchange: Exchange,
    { address }: ProxyRequest,
    { what, offer, signal }: { what: string; offer: OffloadOffer; signal: AbortSignal | undefined },
  ): Promise<void> {
    await this.#options.relay(exchange);
    const headers = [...this.#options.headersOf(exchange), OFFLOAD_HEADER, what];
    await askAgain({ address, path: exchange.request.url, headers, offer, signal });
  }

  /** False when it has to go the old way. */
  async #take(handover: Handover): Promise<boolean> {
    const { right, piece, folder, exchange } = handover;
    if (this.#leadsOn(handover)) return true;
    let sent = 0;
    this.#open++;
    // from here on, as nobody asks for a lease that nobody holds, and it takes time to open a file
    const release = right.lease.hold(() => {
      if (exchange.response.headersSent) exchange.response.destroy();
    });
    try {
      const file = await this.#files.lend(folder, right.offer.object);
      try {
        if (!right.lease.isGood) return false; // the server was too slow to say so, or we were
        sent = await this.#sendFile(handover, file);
      } finally {
        file.release();
      }
      return true;
    } catch (error) {
      if (!(error instanceof ObjectUnreachable)) throw error;
      this.#forgo(folder);
      return false;
    } finally {
      release();
      this.#open--;
      right.owe(piece.isCounted ? sent - piece.length : sent);
    }
  }

  #forgo(folder: string): void {
    const now = performance.now();
    for (const [other, until] of this.#unreachable) if (until < now) this.#unreachable.delete(other);
    this.#unreachable.set(folder, now + UNREACHABLE_MS);
  }

  /** Resolves to the bytes that went out: what has begun and cannot end well is cut. */
  async #sendFile({ exchange, right, piece }: Handover, file: LentFile): Promise<number> {
    const { response } = exchange;
    const { offset, length } = piece;
    if (file.size !== right.offer.size || offset + length > file.size) throw untrue();
    if (isGone(response)) return 0;
    response.writeHead(piece.status, piece.headers);
    let sent = 0;
    try {
      await streamFile(this.#buffers, file.fd, { start: offset, end: offset + length }, async (chunk) => {
        await writeChunk(response, chunk);
        sent += chunk.length;
      });
      response.end();
    } catch (error) {
      response.destroy();
      if (!(error instanceof ClientGone)) exchange.log.warn({ err: error }, 'an object could not be read');
    }
    return sent;
  }

  /**
   * nginx sends by itself what an internal location of it leads to (`X-Accel-Redirect`). It asks nobody again, so only
   * what belongs to the one who asks; and it knows the file by another tag, so nothing that depends on that.
   */
  #leadsOn({ exchange, right, piece, folder }: Handover): boolean {
    const { by } = this.#options;
    const accel = /^nginx:(.+)$/.exec(by)?.[1];
    if (
      accel === undefined ||
      right.offer.by !== 'owner' ||
      header(exchange.request, 'if-range') !== undefined
    )
      return false;
    const headers: Piece['headers'] = { ...piece.headers, 'content-length': '0' }; // of others nginx drops the connection
    for (const name of ['content-range', 'etag', 'accept-ranges']) delete headers[name];
    headers['x-accel-redirect'] = `${accel}${pathBelow(folder)}/${right.offer.object}`;
    exchange.response.writeHead(200, headers).end();
    if (!piece.isCounted) right.owe(piece.length);
    return true;
  }
}

/** `<server>/objects` */
const pathBelow = (folder: string) => folder.split('/').slice(-2).join('/');
