import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Problem } from '@ptsdly/contract';
import { ReadBuffers } from '@ptsdly/kit';
import { type AnswerHeaders, AnswerParser, type AnswerReader } from './answer-parser.ts';
import { CONNECT_MS, connectTo, IDLE_MS, SILENCE_MS } from './connection.ts';

/** Holds an answer back, or ends it. */
export interface AnswerFlow {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Whoever takes the answer. */
export interface AnswerHandler {
  onStart(flow: AnswerFlow): void;
  onHead(status: number, headers: AnswerHeaders): void;
  /** A `lent` chunk is overwritten after this returns, or, if the flow is paused by then, after it is resumed. */
  onData(chunk: Buffer, lent: boolean): void;
  onEnd(): void;
  onError(error: Error): void;
}

export interface Asked {
  readonly address: string;
  /** One whole head that `isPlainHead` accepts. */
  readonly head: string;
  readonly isHead: boolean;
  /** Milliseconds for the head of the answer. */
  readonly answerMs: number;
}

/** One GET or HEAD without a body (RFC 9112 §3, §5), so that nothing in it can be the end of it. */
const PLAIN_HEAD =
  /^(?:GET|HEAD) \/[!-~\x80-\xff]* HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9a-z-]+: [\t -~\x80-\xff]*\r\n)+\r\n$/;
export const isPlainHead = (head: string): boolean => PLAIN_HEAD.test(head);

/** Answers longer than this are read into a buffer of their own. */
const LONG = 128 * 1024;
/** A buffer for each piece would be much for the collector, and a part of memory that no cache knows. */
const buffers = new ReadBuffers(256 * 1024);
/** What comes into it is copied before anybody else reads. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** How often it is looked who has waited too long. */
export const WATCH_MS = 250;

/** Connections to upstreams for what is asked by a head alone: one request at a time on each, kept while they are used. */
export class UpstreamSockets {
  readonly #idle = new Map<string, UpstreamSocket[]>();
  readonly #all = new Set<UpstreamSocket>();
  #timer: NodeJS.Timeout | undefined;

  ask(asked: Asked, handler: AnswerHandler): void {
    const { address } = asked;
    const one = this.#take(address) ?? this.#open(address);
    one.ask(asked, handler);
    this.#timer ??= setInterval(this.#watch, WATCH_MS).unref();
  }

  /** Lets go of connections that nobody uses. */
  leave(): void {
    for (const one of this.#all) if (!one.isBusy) one.destroy();
  }

  #take(address: string): UpstreamSocket | undefined {
    const idle = this.#idle.get(address);
    for (let one = idle?.pop(); one; one = idle?.pop()) {
      if (one.isFresh(performance.now())) return one;
      one.destroy();
    }
    return undefined;
  }

  #open(address: string): UpstreamSocket {
    const one: UpstreamSocket = new UpstreamSocket(address, {
      onIdle: () => this.#keep(address, one),
      onClose: () => {
        this.#all.delete(one);
        const idle = this.#idle.get(address) ?? [];
        const place = idle.indexOf(one);
        if (place !== -1) idle.splice(place, 1);
      },
    });
    this.#all.add(one);
    return one;
  }

  #keep(address: string, one: UpstreamSocket): void {
    const idle = this.#idle.get(address);
    if (idle) idle.push(one);
    else this.#idle.set(address, [one]);
  }

  readonly #watch = () => {
    const now = performance.now();
    for (const one of this.#all) one.watch(now);
    for (const [address, idle] of this.#idle) if (idle.length === 0) this.#idle.delete(address);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };
}

interface Owner {
  readonly onIdle: () => void;
  readonly onClose: () => void;
}

/** One connection, and the answer that comes over it. */
class UpstreamSocket implements AnswerFlow, AnswerReader {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #handler: AnswerHandler | undefined;
  #parser: AnswerParser | undefined;
  /** Of the answer that comes now, where it is long. */
  #buffer: Buffer | undefined;
  /** The head is there. */
  #isAnswering = false;
  #isConnected = false;
  #isPaused = false;
  /** When something happened last, and how long the next may take, in milliseconds of `performance.now()`. */
  #movedAt = performance.now();
  #patience = CONNECT_MS;
  #answerMs = 0;

  constructor(address: string, owner: Owner) {
    const onread = {
      buffer: () => this.#buffer ?? shared,
      callback: (length: number, buffer: Buffer) => this.#onRead(length, buffer),
    };
    const to = connectTo(address);
    const place = 'socketPath' in to ? { path: to.socketPath } : { host: to.host, port: Number(to.port) };
    const socket = connect({ ...place, noDelay: true, onread } as NetConnectOpts);
    this.#socket = socket;
    this.#owner = owner;
    socket.once('connect', () => {
      this.#isConnected = true;
      this.#move(this.#answerMs);
    });
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      owner.onClose();
      this.#fail(reset());
    });
  }

  get isBusy(): boolean {
    return this.#handler !== undefined;
  }

  isFresh(now: number): boolean {
    return !this.#socket.destroyed && this.#socket.writable && now - this.#movedAt < IDLE_MS;
  }

  ask({ head, isHead, answerMs }: Asked, handler: AnswerHandler): void {
    this.#handler = handler;
    this.#parser = new AnswerParser(this, isHead);
    this.#answerMs = answerMs;
    this.#isAnswering = false;
    this.#move(this.#isConnected ? answerMs : CONNECT_MS);
    handler.onStart(this);
    if (this.#handler) this.#socket.write(head, 'latin1');
  }

  /** Ends what has taken too long. */
  watch(now: number): void {
    if (now - this.#movedAt < this.#patience || this.#isPaused) return;
    if (!this.#handler) this.destroy();
    else this.#fail(this.#isConnected ? new Problem('upstream_timeout') : unconnected());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#move(SILENCE_MS);
    this.#socket.resume();
  }

  abort(reason: Error): void {
    this.#fail(reason);
  }

  onHead(status: number, headers: AnswerHeaders): void {
    this.#isAnswering = true;
    this.#patience = SILENCE_MS;
    if (Number(headers['content-length']) > LONG) this.#buffer = buffers.borrow();
    this.#handler?.onHead(status, headers);
  }

  onData(chunk: Buffer): void {
    const isLent = chunk.buffer !== shared.buffer;
    this.#handler?.onData(isLent ? chunk : Buffer.from(chunk), isLent);
  }

  onEnd(isLast: boolean): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#leaveBuffer();
    if (this.#isPaused) this.resume();
    this.#move(IDLE_MS);
    handler?.onEnd();
    if (isLast) this.destroy();
  }

  /** False would stop the reading; who wants that has paused. */
  #onRead(length: number, buffer: Buffer): boolean {
    if (this.#isAnswering) this.#movedAt = performance.now();
    try {
      if (!this.#handler) throw new Problem('upstream_failed'); // nobody has asked for this
      this.#parser?.read(buffer.subarray(0, length));
      if (!this.#handler && !this.#socket.destroyed) this.#owner.onIdle();
    } catch (error) {
      this.#fail(error as Error);
    }
    return true;
  }

  /** One that somebody still holds is not lent again. */
  #leaveBuffer(): void {
    if (this.#buffer && !this.#isPaused) buffers.giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  #onEnd(): void {
    if (this.#handler && !this.#parser?.end()) this.#fail(reset());
    this.destroy();
  }

  #move(patience: number): void {
    this.#movedAt = performance.now();
    this.#patience = patience;
  }

  #fail(error: Error): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#leaveBuffer();
    this.destroy();
    handler?.onError(error);
  }
}

const reset = () => Object.assign(new Error('the connection ended within an answer'), { code: 'ECONNRESET' });
const unconnected = () => Object.assign(new Error('no connection in time'), { syscall: 'connect' });
