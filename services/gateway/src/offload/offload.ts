import { request as httpRequest, type IncomingMessage } from 'node:http';
import { OFFLOAD_HEADER, type OffloadOffer, offloadOffer, Problem } from '@ptsdly/contract';
import { ClientGone, ReadBuffers, streamFile, writeChunk } from '@ptsdly/kit';
import { agent, connectTo } from '../connection.ts';
import { type Exchange, type Filter, header } from '../exchange.ts';
import { hasBody, isGone, isHttp2 } from '../http2.ts';
import { proxy } from '../proxy.ts';
import type { AnswerStart, ProxyRequest } from '../proxy-request.ts';
import { holdLease } from './lease.ts';
import { type LentFile, ObjectFiles, ObjectUnreachable } from './object-files.ts';

/** Each of them holds a megabyte. */
const MOST_AT_ONCE = 96;
/** After this somebody may have given us the right to read a server's files. */
const UNREACHABLE_MS = 30_000;
const ASK_MS = 2000;

export interface OffloadOptions {
  /** Renews the token of a request that goes on. */
  readonly relay: Filter;
  /** The headers with which a request goes to its upstream. */
  readonly headersOf: (exchange: Exchange) => readonly string[];
  /** `on`; `off`; or `nginx:` and the internal location of an nginx before us that leads to the folder of all servers. */
  readonly by: string;
}

type Headers = ReturnType<ProxyRequest['answerHeaders']>;

/** Bytes that a media server has handed over, as it answered a request. */
interface Handover {
  readonly exchange: Exchange;
  readonly passed: ProxyRequest;
  readonly answer: AnswerStart;
  readonly offer: OffloadOffer;
  /** When we asked, in milliseconds of `performance.now()`. */
  readonly askedAt: number;
  /** Of the server's objects. */
  readonly folder: string;
}

/**
 * Sends pieces of objects from the files of media servers on this machine, instead of through their sockets (DESIGN §5).
 * The server still decides each request, and several times a second again while one goes on, so that the end of a right
 * ends what is under way (DESIGN §6.10). What cannot be had so goes the old way.
 */
export class Offload {
  readonly #options: OffloadOptions;
  readonly #files = new ObjectFiles();
  readonly #buffers = new ReadBuffers();
  readonly #unreachable = new Map<string, number>();
  #open = 0;

  constructor(options: OffloadOptions) {
    this.#options = options;
  }

  /** Like `proxy`; resolves when the answer has begun, or when it has ended. */
  async send(exchange: Exchange, passed: ProxyRequest): Promise<void> {
    const folder = exchange.server?.objects;
    if (folder === undefined || !this.#mayAsk(exchange, passed, folder)) return proxy(passed);
    const askedAt = performance.now();
    const taken: Handover[] = [];
    const divert = (answer: AnswerStart) => {
      const offer = offerOf(answer);
      if (offer) taken.push({ exchange, passed, answer, offer, askedAt, folder });
      return offer !== undefined;
    };
    await proxy({ ...passed, headers: [...passed.headers, OFFLOAD_HEADER, 'offer'], divert });
    const [handover] = taken;
    if (handover && !(await this.#take(handover))) await proxy(passed);
  }

  close(): void {
    this.#files.close();
    this.#buffers.close();
  }

  #mayAsk({ request, response }: Exchange, { address }: ProxyRequest, folder: string): boolean {
    if (request.method !== 'GET' || isHttp2(request) || hasBody(request) || isGone(response)) return false;
    if (this.#options.by === 'off' || !address.startsWith('unix:') || this.#open >= MOST_AT_ONCE)
      return false;
    return (this.#unreachable.get(folder) ?? 0) < performance.now();
  }

  /** False when it has to go the old way. */
  async #take(handover: Handover): Promise<boolean> {
    const { passed, answer, offer, folder } = handover;
    const headers = passed.answerHeaders(answer.headers);
    if (this.#leadsOn(handover, headers)) return true;
    let unsent = offer.length;
    this.#open++;
    try {
      const file = await this.#files.lend(folder, offer.object);
      unsent = await this.#sendFile(handover, file, headers).finally(() => file.release());
      return true;
    } catch (error) {
      if (!(error instanceof ObjectUnreachable)) throw error;
      this.#forgo(folder);
      return false;
    } finally {
      this.#open--;
      // then it counts them as not sent
      if (unsent > 0) void this.#ask(handover, `unsent=${unsent}`).catch(() => undefined);
    }
  }

  #forgo(folder: string): void {
    const now = performance.now();
    for (const [other, until] of this.#unreachable) if (until < now) this.#unreachable.delete(other);
    this.#unreachable.set(folder, now + UNREACHABLE_MS);
  }

  /** Resolves to the bytes that did not go out: what has begun and cannot end well is cut. */
  async #sendFile(handover: Handover, file: LentFile, headers: Headers): Promise<number> {
    const { exchange, answer, offer, askedAt } = handover;
    const { response } = exchange;
    const { offset, length } = offer;
    if (file.size !== offer.size || offset + length > file.size) throw untrue();
    if (isGone(response)) return length;
    response.writeHead(answer.statusCode ?? 200, { ...headers, 'content-length': String(length) });
    let unsent = length;
    const again = (signal: AbortSignal) => this.#renew(handover, signal);
    const release = holdLease(askedAt, again, () => response.destroy());
    try {
      await streamFile(this.#buffers, file.fd, { start: offset, end: offset + length }, async (chunk) => {
        await writeChunk(response, chunk);
        unsent -= chunk.length;
      });
      response.end();
    } catch (error) {
      response.destroy();
      if (!(error instanceof ClientGone)) exchange.log.warn({ err: error }, 'an object could not be read');
    } finally {
      release();
    }
    return unsent;
  }

  /** Rejects when the right is not given any more. */
  async #renew(handover: Handover, signal: AbortSignal): Promise<void> {
    await this.#options.relay(handover.exchange);
    const answer = await this.#ask(handover, 'renew', signal);
    if (JSON.stringify(offerOf(answer)) !== JSON.stringify(handover.offer)) throw untrue();
  }

  #ask(
    { exchange, passed }: Handover,
    ask: string,
    signal: AbortSignal = AbortSignal.timeout(ASK_MS),
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { ...connectTo(passed.address), agent, method: 'GET', path: exchange.request.url };
      const headers = [...this.#options.headersOf(exchange), OFFLOAD_HEADER, ask];
      httpRequest({ ...options, headers, signal }, (answer) => {
        answer.on('error', reject);
        if (isEmpty(answer)) answer.resume();
        else answer.destroy(); // whatever it is, it may have no end
        resolve(answer);
      })
        .on('error', reject)
        .end();
    });
  }

  /**
   * nginx sends by itself what an internal location of it leads to (`X-Accel-Redirect`). It asks nobody again, so only
   * what belongs to the one who asks; and it knows the file by another tag, so nothing that depends on that.
   */
  #leadsOn({ exchange, offer, folder }: Handover, headers: Headers): boolean {
    const { by } = this.#options;
    const accel = /^nginx:(.+)$/.exec(by)?.[1];
    if (accel === undefined || offer.by !== 'owner' || header(exchange.request, 'if-range') !== undefined)
      return false;
    for (const name of ['content-length', 'content-range', 'etag', 'accept-ranges']) delete headers[name];
    headers['x-accel-redirect'] = `${accel}${pathBelow(folder)}/${offer.object}`;
    exchange.response.writeHead(200, headers).end();
    return true;
  }
}

/** `<server>/objects` */
const pathBelow = (folder: string) => folder.split('/').slice(-2).join('/');

/** Throws `upstream_failed` for an offer that is none. */
function offerOf(answer: AnswerStart): OffloadOffer | undefined {
  const text = answer.headers[OFFLOAD_HEADER];
  if (text === undefined) return undefined;
  if ((answer.statusCode !== 200 && answer.statusCode !== 206) || !isEmpty(answer)) throw untrue();
  try {
    return offloadOffer.parse(JSON.parse(String(text)));
  } catch (cause) {
    throw untrue(cause);
  }
}

const isEmpty = ({ headers }: Pick<AnswerStart, 'headers'>) => headers['content-length'] === '0';

const untrue = (cause?: unknown) =>
  new Problem('upstream_failed', { detail: 'A server offered what it does not have.', cause });
