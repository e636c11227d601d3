import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ClientGone, countShortLived } from '@ptsdly/kit';
import type { AnswerHeaders } from './answer-parser.ts';
import { isHttp2 } from './http2.ts';
import type { ProxyRequest } from './proxy-request.ts';
import { Together } from './together.ts';
import { type AnswerFlow, type AnswerHandler, isPlainHead, UpstreamSockets } from './upstream-sockets.ts';

/** An answer of a known length up to this is sent with its head in one piece. */
const ONE_PIECE = 16 * 1024;

const requests = new Together();
const answers = new Together();
const sockets = new UpstreamSockets();

/** Lets go of connections that nobody uses. */
export function leaveSockets(): void {
  sockets.leave();
}

/**
 * Sends a request that is a head and nothing else: all that `proxy` promises, for a third of the work of `node:http`,
 * whose parser copies every piece of an answer into a buffer of its own. Rejects as its requests do.
 */
export function dispatch(options: ProxyRequest, head: string, answerMs: number): Promise<void> {
  const { address, request } = options;
  return new Promise((resolve, reject) => {
    const passing = new Passing(options, resolve, reject);
    const isHead = request.method === 'HEAD';
    requests.add(() => sockets.ask({ address, head, isHead, answerMs }, passing));
  });
}

/** A GET or HEAD in the strict form; undefined for whatever else came. */
export function plainHead({ request, headers }: ProxyRequest): string | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  let head = `${request.method} ${request.url} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  head += '\r\n';
  return isPlainHead(head) ? head : undefined;
}

/** One answer on its way to its client. */
class Passing implements AnswerHandler {
  readonly #options: ProxyRequest;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #startedAt = performance.now();
  #flow: AnswerFlow | undefined;
  /** The client's connection, where a long body can go there as it is. */
  #straight: Socket | undefined;
  /** The client is gone, or the answer is whole. */
  #over = false;
  /** The client gets its bytes from elsewhere. */
  #isDiverted = false;
  /** Head and body can still go out together. */
  #headWaits = false;
  /** Of the body, where it is that short. */
  #length = 0;
  /** The whole body, until its end follows in the same breath. */
  #body: Buffer | undefined;

  constructor(options: ProxyRequest, resolve: () => void, reject: (error: unknown) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    options.response.once('close', this.#clientGone);
  }

  readonly #clientGone = () => {
    if (this.#over) return;
    this.#over = true;
    const gone = new ClientGone();
    this.#flow?.abort(gone);
    this.#reject(gone);
  };

  onStart(flow: AnswerFlow): void {
    this.#flow = flow;
    if (this.#over) flow.abort(new ClientGone());
  }

  onHead(status: number, headers: AnswerHeaders): void {
    const { response, guard, route, answerHeaders, divert } = this.#options;
    guard.answered(route, (performance.now() - this.#startedAt) / 1000);
    if (divert?.({ statusCode: status, headers })) {
      this.#isDiverted = true;
      this.#finish();
      this.#resolve();
      return;
    }
    response.writeHead(status, answerHeaders(headers));
    this.#length = Number(headers['content-length']);
    this.#headWaits = this.#length <= ONE_PIECE;
    if (this.#headWaits) queueMicrotask(this.#sendHead);
    else this.#begin();
    this.#resolve();
  }

  #begin(): void {
    const { request, response } = this.#options;
    response.flushHeaders();
    // Of a known length, so that nothing is to be added to the bytes (RFC 9112 §6.3).
    if (this.#length > ONE_PIECE && !isHttp2(request)) this.#straight = response.socket ?? undefined;
  }

  /** Nothing of the body came with the head, so the head does not wait for it. */
  readonly #sendHead = () => {
    if (!this.#headWaits) return;
    const { response } = this.#options;
    this.#headWaits = false;
    if (this.#body) response.write(this.#body);
    else response.flushHeaders();
    this.#body = undefined;
  };

  onData(chunk: Buffer, lent: boolean): void {
    if (this.#isDiverted) return;
    const { response } = this.#options;
    if (this.#headWaits && chunk.length === this.#length) {
      this.#body = chunk;
      return;
    }
    this.#headWaits = false;
    if (lent) {
      this.#pass(chunk);
      return;
    }
    countShortLived(chunk.length);
    if (response.write(chunk)) return;
    this.#flow?.pause();
    response.once('drain', () => this.#flow?.resume());
  }

  /**
   * Most of the time the system takes the bytes at once; what it does not take waits in the lent memory. Past the
   * response and its own way of gathering writes, which takes a turn for each.
   */
  #pass(chunk: Buffer): void {
    const { response } = this.#options;
    let isHeld = false;
    const written = () => {
      if (isHeld && !this.#over) this.#flow?.resume();
    };
    (this.#straight ?? response).write(chunk, written);
    if (this.#straight?.writableLength === 0) return;
    isHeld = true;
    this.#flow?.pause();
  }

  onEnd(): void {
    if (this.#isDiverted) return;
    this.#finish();
    const { response } = this.#options;
    // As one text Node sends it with the head in one write; each byte is one letter of it.
    const body = this.#body?.toString('latin1');
    if (body === undefined) response.end();
    else answers.add(() => response.end(body, 'latin1'));
  }

  onError(error: Error): void {
    if (this.#over) return;
    this.#finish();
    const { response } = this.#options;
    if (response.headersSent)
      response.destroy(); // never finished cleanly
    else this.#reject(error);
  }

  #finish(): void {
    this.#over = true;
    this.#headWaits = false;
    this.#options.response.off('close', this.#clientGone);
  }
}
