import { performance } from 'node:perf_hooks';
import { Problem } from '@ptsdly/contract';
import { ClientGone, countShortLived } from '@ptsdly/kit';
import { type Dispatcher, errors, Pool } from 'undici';
import { CONNECT_MS, connectTo, IDLE_MS, SILENCE_MS } from './connection.ts';
import type { ProxyRequest } from './proxy-request.ts';
import { Together } from './together.ts';
import { type AnswerFlow, type AnswerHandler, isPlainHead, UpstreamSockets } from './upstream-sockets.ts';

/** An answer of a known length up to this is sent with its head in one piece. */
const ONE_PIECE = 16 * 1024;
const MOST_POOLS = 10_000;

const requests = new Together();
const answers = new Together();
const pools = new Map<string, Pool>();
const sockets = new UpstreamSockets();

/** One pool of connections per address, as many as are needed at a time; the oldest address is forgotten. */
function poolOf(address: string): Pool {
  const known = pools.get(address);
  if (known) return known;
  const to = connectTo(address);
  const isLocal = 'socketPath' in to;
  const pool = new Pool(isLocal ? 'http://localhost' : address, {
    ...(isLocal ? { socketPath: to.socketPath } : {}),
    connectTimeout: CONNECT_MS,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    bodyTimeout: SILENCE_MS,
    maxHeaderSize: 16 * 1024,
  });
  if (pools.size >= MOST_POOLS) forgetOldest();
  pools.set(address, pool);
  return pool;
}

function forgetOldest(): void {
  const [address, pool] = pools.entries().next().value as [string, Pool];
  pools.delete(address);
  void pool.close(); // what is under way ends as it would
}

/** Lets go of connections that nobody uses. */
export function leavePools(): void {
  for (const pool of pools.values()) void pool.close();
  pools.clear();
  sockets.leave();
}

/**
 * Sends a request that has no body: all that `proxy` promises, for a third of the work of `node:http`, whose parser
 * copies every piece of an answer into a buffer of its own. (Bodies and `Expect` go there.) Rejects as its requests do.
 */
export function dispatch(options: ProxyRequest, answerMs: number): Promise<void> {
  const { request, address, headers } = options;
  return new Promise((resolve, reject) => {
    const passing = new Passing(options, resolve, reject);
    const head = options.divert || isTenant(options) ? undefined : headOf(options);
    if (head !== undefined) {
      const isHead = request.method === 'HEAD';
      requests.add(() => sockets.ask({ address, head, isHead, answerMs }, passing));
      return;
    }
    const asked = {
      method: request.method as Dispatcher.HttpMethod,
      path: request.url as string,
      headers: headers as string[],
      headersTimeout: answerMs,
    };
    requests.add(() => poolOf(address).dispatch(asked, passing));
  });
}

/** A subscriber's own server: much more comes from there, and not from one of ours. */
const isTenant = ({ guard }: ProxyRequest) => guard.name === 'media';

/** A GET or HEAD in the strict form; undefined for whatever else came. */
function headOf({ request, headers }: ProxyRequest): string | undefined {
  let head = `${request.method} ${request.url} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  head += '\r\n';
  return isPlainHead(head) ? head : undefined;
}

/** One answer on its way to its client. */
class Passing implements Dispatcher.DispatchHandler, AnswerHandler {
  readonly #options: ProxyRequest;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  readonly #startedAt = performance.now();
  #controller: AnswerFlow | undefined;
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
    this.#controller?.abort(gone);
    this.#reject(gone);
  };

  onRequestStart(controller: AnswerFlow): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new ClientGone());
  }

  onResponseStart(
    _: AnswerFlow,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return; // an early hint; the answer is still to come
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
    else response.flushHeaders();
    this.#resolve();
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

  onResponseData(controller: AnswerFlow, chunk: Buffer): void {
    if (this.#isDiverted) return;
    const { response } = this.#options;
    if (this.#headWaits && chunk.length === this.#length) {
      this.#body = chunk;
      return;
    }
    this.#headWaits = false;
    countShortLived(chunk.length);
    if (response.write(chunk)) return;
    controller.pause();
    response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    if (this.#isDiverted) return;
    this.#finish();
    const { response } = this.#options;
    // As one text Node sends it with the head in one write; each byte is one letter of it.
    const body = this.#body?.toString('latin1');
    if (body === undefined) response.end();
    else answers.add(() => response.end(body, 'latin1'));
  }

  onResponseError(_: AnswerFlow, error: Error): void {
    if (this.#over) return;
    this.#finish();
    const { response } = this.#options;
    if (response.headersSent)
      response.destroy(); // never finished cleanly
    else this.#reject(asOfNode(error));
  }

  #finish(): void {
    this.#over = true;
    this.#headWaits = false;
    this.#options.response.off('close', this.#clientGone);
  }
}

/** In the words that the retries understand. */
function asOfNode(error: Error): unknown {
  if (error instanceof errors.HeadersTimeoutError) return new Problem('upstream_timeout', { cause: error });
  if (error instanceof errors.ConnectTimeoutError) return Object.assign(error, { syscall: 'connect' });
  if (error instanceof errors.SocketError) return Object.assign(error, { code: 'ECONNRESET' });
  return error;
}
