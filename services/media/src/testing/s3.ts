import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one request. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** The body ends after so many bytes and the connection with it. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** CompleteMultipartUpload: the head says 200 and the body is an error. */
  | { readonly kind: 'error-in-200'; readonly code: string }
  /** The work is done, and the answer never sent. */
  | { readonly kind: 'lost-answer' };

/** `PUT object`, `GET object`, `POST complete` … */
export type Operation =
  `${string} ${'object' | 'part' | 'uploads' | 'complete' | 'list' | 'abort' | 'create'}`;

/** A small S3 on loopback, without signatures, that does wrong what it is told to. */
export interface FakeS3 {
  /** `s3://bucket/prefix?endpoint=…`, to be opened. */
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  /** Multipart uploads that are neither complete nor aborted. */
  readonly uploads: Map<string, unknown>;
  /** Requests that came, in order. */
  readonly requests: Operation[];
  /** Bytes of ranges that were asked for, in order. */
  readonly ranges: string[];
  /** Lets the next `times` requests of an operation go wrong. */
  fail(operation: Operation, fault: Fault, times?: number): void;
  /** What lists show, when it is not what there is. */
  list: readonly string[] | undefined;
  /** Refuses connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

interface Upload {
  readonly key: string;
  readonly metadata: Record<string, string>;
  readonly parts: Map<number, Buffer>;
}

export async function startFakeS3(): Promise<FakeS3> {
  const store = new Store();
  let server = createServer((request, response) => void store.answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return Object.assign(store, {
    url: `s3://bucket/tenant?endpoint=http://127.0.0.1:${port}`,
    down: stop,
    async up() {
      server = createServer((request, response) => void store.answer(request, response)).listen(
        port,
        '127.0.0.1',
      );
      await once(server, 'listening');
    },
    close: stop,
  });
}

class Store {
  readonly objects = new Map<string, Buffer>();
  readonly uploads = new Map<string, Upload>();
  readonly requests: Operation[] = [];
  readonly ranges: string[] = [];
  list: readonly string[] | undefined;
  readonly #tags = new Map<string, { etag: string; metadata: Record<string, string> }>();
  readonly #faults: { operation: Operation; fault: Fault }[] = [];

  fail(operation: Operation, fault: Fault, times = 1): void {
    for (let i = 0; i < times; i++) this.#faults.push({ operation, fault });
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch {
      response.destroy(); // the client went away
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url ?? '', 'http://s3');
    const key = decodeURIComponent(url.pathname.slice('/bucket/'.length));
    const operation = operationOf(request.method ?? '', url, key);
    this.requests.push(operation);
    const body = await bodyOf(request);
    const at = this.#faults.findIndex((one) => one.operation === operation);
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
    if (fault?.kind === 'status') return refuse(response, fault.status, fault.code);
    const md5 = request.headers['content-md5'];
    if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
      return refuse(response, 400, 'BadDigest');
    }
    if (fault?.kind === 'error-in-200') return xml(response, `<Error><Code>${fault.code}</Code></Error>`);
    const answer = fault?.kind === 'lost-answer' ? silent(response) : response;
    switch (operation) {
      case 'PUT object':
        this.#keep(key, body, digestOf(body), metadataOf(request));
        return answer.writeHead(200, { etag: `"${digestOf(body)}"` }).end();
      case 'GET object':
      case 'HEAD object':
        return this.#give(request, response, key, fault?.kind === 'cut' ? fault.bytes : undefined);
      case 'DELETE object':
        this.objects.delete(key);
        return answer.writeHead(204).end();
      case 'GET list':
        return this.#list(response, url.searchParams.get('prefix') ?? '');
      default:
        return this.#multipart(operation, { request, url, key, body, answer });
    }
  }

  #multipart(
    operation: Operation,
    call: { request: IncomingMessage; url: URL; key: string; body: Buffer; answer: ServerResponse },
  ): ServerResponse {
    const { request, url, key, body, answer } = call;
    const id = url.searchParams.get('uploadId') ?? '';
    const upload = this.uploads.get(id);
    if (operation === 'POST create') {
      const fresh = randomUUID();
      this.uploads.set(fresh, { key, metadata: metadataOf(request), parts: new Map() });
      return xml(
        answer,
        `<InitiateMultipartUploadResult><UploadId>${fresh}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (operation === 'GET uploads') {
      const found = [...this.uploads].map(
        ([uploadId, one]) => `<Upload><Key>${one.key}</Key><UploadId>${uploadId}</UploadId></Upload>`,
      );
      return xml(answer, `<ListMultipartUploadsResult>${found.join('')}</ListMultipartUploadsResult>`);
    }
    if (!upload) return refuse(answer, 404, 'NoSuchUpload');
    if (operation === 'PUT part') {
      upload.parts.set(Number(url.searchParams.get('partNumber')), body);
      return answer.writeHead(200, { etag: `"${digestOf(body)}"` }).end();
    }
    this.uploads.delete(id);
    if (operation === 'DELETE abort') return answer.writeHead(204).end();
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) => Number(n));
    const parts = named.map((n) => upload.parts.get(n) ?? Buffer.alloc(0));
    if (parts.slice(0, -1).some((part) => part.length < 5 * 1024 * 1024))
      return refuse(answer, 400, 'EntityTooSmall');
    const digests = Buffer.concat(parts.map((part) => createHash('md5').update(part).digest()));
    const etag = `${digestOf(digests)}-${parts.length}`;
    this.#keep(key, Buffer.concat(parts), etag, upload.metadata);
    return xml(
      answer,
      `<CompleteMultipartUploadResult><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`,
    );
  }

  #keep(key: string, bytes: Buffer, etag: string, metadata: Record<string, string>): void {
    this.objects.set(key, bytes);
    this.#tags.set(key, { etag, metadata });
  }

  #give(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    cut: number | undefined,
  ): ServerResponse {
    const bytes = this.objects.get(key);
    const tag = this.#tags.get(key);
    if (!bytes || !tag) return refuse(response, 404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers.range ?? ''));
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(bytes.length, Number(range?.[2] ?? bytes.length - 1) + 1);
    if (range) this.ranges.push(`${start}-${end}`);
    if (range && start >= bytes.length) return refuse(response, 416, 'InvalidRange');
    response.writeHead(range ? 206 : 200, {
      etag: `"${tag.etag}"`,
      'content-length': end - start,
      'last-modified': new Date().toUTCString(),
      ...tag.metadata,
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
    });
    if (request.method === 'HEAD') return response.end();
    if (cut === undefined) return response.end(bytes.subarray(start, end));
    response.write(bytes.subarray(start, Math.min(end, start + cut)), () => response.destroy());
    return response;
  }

  #list(response: ServerResponse, prefix: string): ServerResponse {
    const keys = (this.list ?? [...this.objects.keys()]).filter((key) => key.startsWith(prefix));
    const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
    return xml(response, `<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`);
  }
}

function operationOf(method: string, url: URL, key: string): Operation {
  const asked = url.searchParams;
  if (asked.has('uploads')) return method === 'POST' ? 'POST create' : 'GET uploads';
  if (asked.has('partNumber')) return 'PUT part';
  if (asked.has('uploadId')) return method === 'POST' ? 'POST complete' : 'DELETE abort';
  return key === '' ? 'GET list' : (`${method} object` as Operation);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const digestOf = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

const metadataOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith('x-amz-meta-'))
      .map(([name, value]) => [name, String(value)]),
  );

function refuse(response: ServerResponse, status: number, code: string): ServerResponse {
  response.writeHead(status, { 'content-type': 'application/xml' });
  return response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
}

function xml(response: ServerResponse, content: string): ServerResponse {
  response.writeHead(200, { 'content-type': 'application/xml' });
  return response.end(`<?xml version="1.0" encoding="UTF-8"?>${content}`);
}

/** An answer that is made and never arrives. */
function silent(response: ServerResponse): ServerResponse {
  response.writeHead = () => response;
  response.end = () => response.destroy() as ServerResponse;
  return response;
}
