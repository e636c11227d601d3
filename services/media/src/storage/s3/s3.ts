import { open, unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Logger } from '@ptsdly/kit';
import type { KeySource, StorageKeys } from '../keys.ts';
import {
  type DirectRead,
  ObjectMissing,
  type RemoteStorage,
  requireName,
  type StoredStat,
} from '../storage.ts';
import { agentsFor } from './agents.ts';
import { isForbidden, meaningOf, unavailable } from './failure.ts';
import { readS3Url, type S3Location } from './location.ts';
import { ObjectCheck, type ObjectKey, uploadFile } from './multipart.ts';

export interface S3Options {
  readonly keys?: StorageKeys | KeySource | undefined;
  /** As `StorageOptions.socket`. */
  readonly socket?: string | undefined;
  readonly log: Logger;
}

/** Attempts of one call; between them the SDK waits up to 20 s, longer each time and at random. */
const ATTEMPTS = 3;
/** A body that breaks off is asked for again from there, as long as each attempt brings something. */
const EMPTY_ATTEMPTS = 3;
const PAUSE_MS = 100;
const PRESIGNED_SECONDS = 60;
const CONNECT_MS = 3000;
/** A connection that is silent for this long is dead. */
const SILENCE_MS = 20_000;

/**
 * `s3://<bucket>/<prefix>`: AWS S3, or a store that speaks like it. Nobody is called before the first use, so a
 * server starts while its store is down.
 */
export function openS3Storage(url: string, { keys, socket, log }: S3Options): RemoteStorage {
  const location = readS3Url(url);
  const client = new S3Client({
    region: location.region,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      ...(socket && agentsFor(socket)),
    },
    // the default adds checksums that stores other than AWS refuse, or corrupt streams by
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(location.endpoint && { endpoint: location.endpoint, forcePathStyle: true }),
    ...(keys && { credentials: typeof keys === 'function' ? keys : { ...keys } }),
  });
  if (location.owner !== undefined) expectOwner(client, location.owner);
  return new S3Storage(client, location, log);
}

/** On every call, so that a bucket that somebody else has taken under its name is never written (`ExpectedBucketOwner`). */
function expectOwner(client: S3Client, owner: string): void {
  client.middlewareStack.add(
    (next) => (call) => next({ ...call, input: { ...call.input, ExpectedBucketOwner: owner } }),
    { step: 'initialize', name: 'expectBucketOwner' },
  );
}

class S3Storage implements RemoteStorage {
  readonly #client: S3Client;
  readonly #location: S3Location;
  readonly #log: Logger;

  constructor(client: S3Client, location: S3Location, log: Logger) {
    this.#client = client;
    this.#location = location;
    this.#log = log;
  }

  async put(name: string, path: string): Promise<void> {
    await this.copyIn(name, path);
    await unlink(path);
  }

  async copyIn(name: string, path: string): Promise<void> {
    const object = this.#object(name);
    await uploadFile(this.#client, object, path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? error : unavailable(error);
    });
  }

  async copyOut(name: string, path: string): Promise<void> {
    const head = await this.#head(name);
    const check = new ObjectCheck(head);
    const file = await open(path, 'wx', 0o600);
    try {
      await this.stream(name, 0, head.ContentLength ?? 0, async (chunk) => {
        check.update(chunk);
        await file.appendFile(chunk);
      });
      check.end();
      await file.sync(); // the copy in the store may go next
    } finally {
      await file.close();
    }
  }

  async read(name: string, offset: number, target: Uint8Array): Promise<void> {
    let filled = 0;
    await this.stream(name, offset, offset + target.length, async (chunk) => {
      target.set(chunk, filled);
      filled += chunk.length;
    });
  }

  async stream(
    name: string,
    start: number,
    end: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const object = this.#object(name);
    if (start === end) return;
    let at = start;
    for (let empty = 0; at < end; ) {
      const from = at;
      const cut = await this.#streamOnce(object, at, end, async (chunk) => {
        at += chunk.length;
        await write(chunk);
      });
      if (at === end) return;
      empty = at > from ? 0 : empty + 1;
      if (empty === EMPTY_ATTEMPTS) throw unavailable(cut);
      this.#log.warn({ err: cut }, 'a body from S3 broke off; asking for the rest');
      await sleep(PAUSE_MS * 2 ** empty);
    }
  }

  async stat(name: string): Promise<StoredStat | undefined> {
    try {
      const head = await this.#head(name);
      return { size: head.ContentLength ?? 0, modifiedAt: head.LastModified ?? new Date(0) };
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(name))).catch(fail);
  }

  async *list(): AsyncIterable<string> {
    const { bucket, prefix } = this.#location;
    for (let token: string | undefined; ; ) {
      const page = await this.#client
        .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }))
        .catch(fail);
      for (const { Key } of page.Contents ?? []) if (Key) yield Key.slice(prefix.length);
      token = page.NextContinuationToken;
      if (!page.IsTruncated || !token) return;
    }
  }

  async abandon(): Promise<void> {
    const { bucket, prefix } = this.#location;
    const within = { Bucket: bucket, Prefix: prefix };
    // what has been given up is on the next first page no more
    for (let given = 1; given > 0; ) {
      const page = await this.#client
        .send(new ListMultipartUploadsCommand(within))
        .catch((error: unknown) => {
          // keys for one prefix; the store forgets them by its own rule, or when the server is removed
          if (isForbidden(error)) return { Uploads: [], IsTruncated: false };
          return fail(error);
        });
      const { Uploads = [], IsTruncated } = page;
      for (const { Key, UploadId } of Uploads) {
        await this.#client
          .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
          .catch((error: unknown) => {
            if ((error as Error).name !== 'NoSuchUpload') fail(error);
          });
      }
      given = IsTruncated ? Uploads.length : 0;
      if (Uploads.length > 0)
        this.#log.info({ count: Uploads.length }, 'unfinished uploads to S3 were given up');
    }
  }

  async presign(name: string, start: number, end: number): Promise<DirectRead> {
    const range = `bytes=${start}-${end - 1}`;
    const expiresAt = new Date(Date.now() + PRESIGNED_SECONDS * 1000);
    const command = new GetObjectCommand({ ...this.#object(name), Range: range });
    // signed as a header and not taken into the query, so that no other range can be asked for with it
    const only = new Set(['range']);
    const url = await getSignedUrl(this.#client, command, {
      ...{
        expiresIn: PRESIGNED_SECONDS,
        unhoistableHeaders: only,
        signableHeaders: new Set(['host', 'range']),
      },
    });
    return { url, headers: { range }, expiresAt };
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #head(name: string) {
    const object = this.#object(name);
    const asked = this.#client.send(new HeadObjectCommand(object));
    return asked.catch((error: unknown) => this.#explain(object, error));
  }

  /**
   * Keys that are good for one prefix are told 403 of an object that is not there, as they must not list the whole
   * bucket (S3 API, HeadObject); what stands under its name they may list.
   */
  async #explain({ Bucket, Key }: ObjectKey, error: unknown): Promise<never> {
    if (!isForbidden(error)) return fail(error);
    const page = await this.#client
      .send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 }))
      .catch(fail);
    if (page.Contents?.[0]?.Key === Key) return fail(error);
    throw new ObjectMissing({ cause: error });
  }

  #object(name: string): ObjectKey {
    requireName(name);
    return { Bucket: this.#location.bucket, Key: this.#location.prefix + name };
  }

  /** One GET. Resolves to why it ended early, if it did; rejects with what `write` rejects with. */
  async #streamOnce(
    object: ObjectKey,
    start: number,
    end: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<unknown> {
    const range = { Range: `bytes=${start}-${end - 1}` };
    const { Body, ContentRange } = await this.#client
      .send(new GetObjectCommand({ ...object, ...range }))
      .catch((error: unknown) => this.#explain(object, error));
    const body = Body as Readable;
    try {
      requireRange(ContentRange, start, end);
      for await (const chunk of chunksOf(body)) {
        if (chunk instanceof Cut) return chunk.reason;
        await write(chunk);
      }
      return new Error('the body ended early');
    } finally {
      body.destroy();
    }
  }
}

/** Why a body broke off: told apart from what its reader throws. */
class Cut {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
}

async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array | Cut> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => new Cut(error));
    if (next instanceof Cut) yield next;
    if (next instanceof Cut || next.done) return;
    yield next.value;
  }
}

/** Throws a RangeError when the object ends before, an error when the store gives other bytes than were asked for. */
function requireRange(header: string | undefined, start: number, end: number): void {
  const given = /^bytes (\d+)-(\d+)\//.exec(header ?? '');
  if (!given || Number(given[1]) !== start) throw unavailable(new Error('S3 answered another range'));
  if (Number(given[2]) < end - 1) throw new RangeError('the object ends before');
}

function fail(error: unknown): never {
  throw meaningOf(error);
}
