import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** What one connection asks for, over and over. */
export interface RangeRequest {
  readonly to: NetConnectOpts;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const END = '\r\n\r\n';
const LONGEST_HEAD = 16 * 1024;

/** What an answer that is under way still owes. */
interface Awaited {
  /** Bytes of its body. */
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * A keep-alive connection (RFC 9112 §9.3) that fetches ranges one after another into one buffer, which is used again:
 * a client that costs little leaves the processors to those whom it measures.
 */
export class RangeClient {
  readonly #request: RangeRequest;
  readonly #socket: Socket;
  #awaited: Awaited | undefined;
  #head = '';
  /** Bytes of the body that are still to come; undefined while the head is. */
  #left: number | undefined;

  constructor(request: RangeRequest) {
    this.#request = request;
    const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
    const callback = (count: number) => {
      this.#read(buffer.subarray(0, count));
      return true;
    };
    this.#socket = connect({ ...request.to, onread: { buffer, callback } });
    this.#socket.on('error', (error) => this.#awaited?.reject(error));
    this.#socket.on('close', () => this.#awaited?.reject(new Error('the connection was closed')));
  }

  /** Resolves when all of `bytes` from `offset` have come. Rejects for any other answer. */
  fetch(offset: number, bytes: number): Promise<void> {
    const { path, headers } = this.#request;
    const fields = { host: 'localhost', ...headers, range: `bytes=${offset}-${offset + bytes - 1}` };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    return new Promise((resolve, reject) => {
      this.#awaited = { bytes, resolve, reject };
      this.#socket.write([`GET ${path} HTTP/1.1`, ...lines].join('\r\n') + END, 'latin1');
    });
  }

  close(): void {
    this.#awaited = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const body = this.#left === undefined ? this.#readHead(chunk) : chunk.length;
    if (this.#left === undefined) return;
    this.#left -= body;
    if (this.#left < 0) this.#socket.destroy(new Error('more bytes than were asked for'));
    if (this.#left !== 0) return;
    this.#left = undefined;
    this.#head = '';
    this.#awaited?.resolve();
  }

  /** Bytes of the chunk that are of the body. */
  #readHead(chunk: Buffer): number {
    const before = this.#head.length;
    this.#head += chunk.toString('latin1', 0, LONGEST_HEAD);
    const end = this.#head.indexOf(END);
    if (end === -1) return 0;
    const head = this.#head.slice(0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (head.startsWith('HTTP/1.1 206 ') && length === this.#awaited?.bytes) this.#left = length;
    else this.#socket.destroy(new Error(`not the range: ${head}`));
    return chunk.length - (end + END.length - before);
  }
}
