import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Verdicts } from './verdicts.ts';

/**
 * Answers a request from its head alone: the bytes of the answer, or undefined for what `node:http` shall have, at once
 * where the store is in reach, or after a look into it. The head is one whole, well-formed GET of HTTP/1.1 without
 * a body: `target` begins with a slash, each of the `fields` with CR LF.
 */
export type AnswerHead = (target: string, fields: string) => Promise<string | undefined> | string | undefined;

/** Answers that wait for each other at most. */
const TOGETHER = 64;
const IDLE_MS = 65_000;
const MAX_HEAD = 8192;

/**
 * The strict form of a head (RFC 9112 §2.1, §5): a GET, tokens, colons, visible text, CR LF. Whatever is not exactly
 * this goes to `node:http`, which decides what is tolerated.
 */
const PLAIN_LINE = /^GET \/[!-~]* HTTP\/1\.1$/;
const PLAIN_FIELDS = /^\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)+\r\n$/;
/** Fields that change what the connection does next, or announce a body. */
const UNUSUAL =
  /\r\n(?:content-length|transfer-encoding|upgrade|expect|te|trailer|connection(?!: ?keep-alive\r\n)):?/i;
const HOST = /\r\nhost:/i;
/** Where the target stands in a plain line. */
const TARGET = [4, -9] as const;

/** Browsers send the same fields again and again: verdicts on them are remembered. */
const plainFields = new Verdicts(
  (fields) => PLAIN_FIELDS.test(fields) && HOST.test(fields) && !UNUSUAL.test(fields),
  500,
);

/**
 * Puts `answer` before a server's own handling of its connections. Each connection is read here as long as its
 * requests are answered from their heads, and is handed to `node:http` for good with the first one that is not: this
 * saves three quarters of the work of a short answer and decides nothing that `node:http` would decide otherwise.
 */
export class HeadSockets {
  readonly #answer: AnswerHead;
  readonly #accept: (socket: Socket) => void;
  readonly #sockets = new Set<HeadSocket>();
  readonly #outgoing = new Outgoing();
  #answering = true;

  constructor(server: Server, answer: AnswerHead) {
    this.#answer = (target, fields) => (this.#answering ? answer(target, fields) : undefined);
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    this.#accept = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    server.on('connection', (socket: Socket) => this.#open(socket));
  }

  /** From now on `node:http` has every request, which ends its connections as it should. */
  handOver(): void {
    this.#answering = false;
  }

  /** Ends the connections that wait for a request, and the others with their answer. */
  closeIdle(): void {
    for (const socket of this.#sockets) socket.end();
  }

  closeAll(): void {
    for (const { socket } of this.#sockets) socket.destroy();
  }

  #open(socket: Socket): void {
    const one = new HeadSocket(socket, this.#answer, this.#outgoing, (chunks) => {
      this.#sockets.delete(one);
      if (!chunks) return;
      this.#accept(socket);
      for (const chunk of chunks) socket.emit('data', chunk);
    });
    this.#sockets.add(one);
  }
}

/**
 * Answers that were made in one turn of the event loop, and leave together at its end. Each is still a write of its own,
 * but the first one wakes a client that sleeps, and the others find it at work, which seems to be what makes
 * them cheaper: their share of the processor's time fell when they were put together.
 */
class Outgoing {
  #answers: [socket: HeadSocket, answer: string][] = [];

  add(socket: HeadSocket, answer: string): void {
    const waiting = this.#answers.push([socket, answer]);
    if (waiting === 1) setImmediate(() => this.#send());
    else if (waiting >= TOGETHER) this.#send();
  }

  #send(): void {
    const answers = this.#answers;
    this.#answers = [];
    for (const [socket, answer] of answers) socket.finish(answer);
  }
}

class HeadSocket {
  readonly socket: Socket;
  readonly #answer: AnswerHead;
  readonly #outgoing: Outgoing;
  readonly #leave: (chunks: Buffer[] | undefined) => void;
  /** What has come while an answer was being made. */
  #waiting: Buffer[] = [];
  #busy = false;
  #ending = false;

  /** `leave` is called once: with what has been read when `node:http` shall go on, without when it is over. */
  constructor(
    socket: Socket,
    answer: AnswerHead,
    outgoing: Outgoing,
    leave: (chunks: Buffer[] | undefined) => void,
  ) {
    this.socket = socket;
    this.#answer = answer;
    this.#outgoing = outgoing;
    this.#leave = leave;
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_MS);
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    socket.on('error', this.#onError).on('timeout', this.#onTimeout);
  }

  end(): void {
    this.#ending = true;
    if (!this.#busy) this.socket.end();
  }

  readonly #onEnd = () => this.end();
  readonly #onClose = () => this.#leave(undefined);
  readonly #onError = () => this.socket.destroy();
  readonly #onTimeout = () => this.socket.destroy();

  readonly #onData = (chunk: Buffer) => {
    if (this.#busy) {
      this.#waiting.push(chunk);
      this.socket.pause();
      return;
    }
    const answer = this.#answerPlain(chunk.toString('latin1'));
    if (!answer) {
      this.#handOver(chunk);
      return;
    }
    this.#busy = true;
    if (typeof answer === 'string') {
      this.#outgoing.add(this, answer);
      return;
    }
    answer.then(
      (bytes) => (bytes === undefined ? this.#refuse(chunk) : this.finish(bytes)),
      () => this.#refuse(chunk),
    );
  };

  /** Looks at one whole head and nothing else. */
  #answerPlain(head: string): ReturnType<AnswerHead> {
    const end = head.indexOf('\r\n');
    if (end < 0 || head.length > MAX_HEAD) return undefined;
    const line = head.slice(0, end);
    const fields = head.slice(end);
    return PLAIN_LINE.test(line) && plainFields.of(fields)
      ? this.#answer(line.slice(...TARGET), fields)
      : undefined;
  }

  /** Sends the answer to the request that is under way. */
  finish(bytes: string): void {
    this.#busy = false;
    if (!this.socket.destroyed) this.#send(bytes);
  }

  #refuse(chunk: Buffer): void {
    this.#busy = false;
    if (!this.socket.destroyed) this.#handOver(chunk);
  }

  #send(bytes: string): void {
    const { socket } = this;
    const room = socket.write(bytes, 'latin1');
    const next = this.#waiting.shift();
    if (next) this.#onData(next);
    else if (this.#ending) socket.end();
    else if (!room) this.#awaitReader();
    else if (socket.isPaused()) socket.resume();
  }

  /** Who does not read what he asked for is not read either, or his answers would fill our memory. */
  #awaitReader(): void {
    this.socket.pause();
    this.socket.once('drain', () => this.socket.resume());
  }

  #handOver(chunk: Buffer): void {
    const { socket } = this;
    socket.setTimeout(0);
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    socket.off('error', this.#onError).off('timeout', this.#onTimeout);
    if (socket.isPaused()) socket.resume();
    this.#leave([chunk, ...this.#waiting]);
  }
}
