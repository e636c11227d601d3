import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** An object in a bucket. */
export interface ObjectKey {
  readonly Bucket: string;
  readonly Key: string;
}

const MIB = 1024 * 1024;
/** S3 refuses parts below 5 MiB and more than 10,000 of them. */
const SMALLEST_PART = 8 * MIB;
const MOST_PARTS = 9000;
/** Parts under way at once; each is held in memory. */
const PARALLEL = 2;

/** Names the part size in an object's metadata: its ETag cannot be checked without. */
const PART_SIZE = 'part-size';

/** Bytes of each part of a file but the last. */
export function partSizeOf(size: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(size / MOST_PARTS / MIB) * MIB);
}

/**
 * Uploads a file, in parts when it is larger than one. Every request carries the MD5 of its bytes, which the
 * store checks; afterwards a HEAD must show the size and the ETag that follow from them. Rejects when they differ
 * or the store fails; nothing but a whole object is ever to be seen.
 */
export async function uploadFile(client: S3Client, object: ObjectKey, path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const etag =
      size <= SMALLEST_PART
        ? await putWhole(client, object, file, size)
        : await putParts(client, object, file, size);
    await verify(client, object, size, etag);
  } finally {
    await file.close();
  }
}

async function putWhole(
  client: S3Client,
  object: ObjectKey,
  file: FileHandle,
  size: number,
): Promise<string> {
  const bytes = await readPart(file, 0, Buffer.allocUnsafeSlow(size));
  const md5 = createHash('md5').update(bytes).digest();
  await client.send(new PutObjectCommand({ ...object, Body: bytes, ContentMD5: md5.toString('base64') }));
  return md5.toString('hex');
}

async function putParts(
  client: S3Client,
  object: ObjectKey,
  file: FileHandle,
  size: number,
): Promise<string> {
  const partSize = partSizeOf(size);
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...object, Metadata: { [PART_SIZE]: String(partSize) } }),
  );
  const upload = { ...object, UploadId };
  try {
    const digests = await sendParts(client, upload, file, { size, partSize });
    const Parts = digests.map((md5, i) => ({ PartNumber: i + 1, ETag: `"${md5.toString('hex')}"` }));
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })).catch(
      // the answer may have got lost after the work was done: what is there decides
      (cause: unknown) => verify(client, object, size, etagOf(digests)).catch(() => Promise.reject(cause)),
    );
    return etagOf(digests);
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined); // again at the next start
    throw error;
  }
}

interface Measures {
  readonly size: number;
  readonly partSize: number;
}

async function sendParts(
  client: S3Client,
  upload: ObjectKey & { readonly UploadId: string | undefined },
  file: FileHandle,
  { size, partSize }: Measures,
): Promise<Buffer[]> {
  const count = Math.ceil(size / partSize);
  const digests: Buffer[] = [];
  const numbers = Array.from({ length: count }, (_, i) => i).values();
  const worker = async () => {
    const buffer = Buffer.allocUnsafeSlow(partSize);
    for (const i of numbers) {
      const bytes = await readPart(
        file,
        i * partSize,
        buffer.subarray(0, Math.min(partSize, size - i * partSize)),
      );
      const md5 = createHash('md5').update(bytes).digest();
      const part = { PartNumber: i + 1, Body: bytes, ContentMD5: md5.toString('base64') };
      await client.send(new UploadPartCommand({ ...upload, ...part }));
      digests[i] = md5;
    }
  };
  await allSettledFirst(Array.from({ length: Math.min(PARALLEL, count) }, worker));
  return digests;
}

/** Like `Promise.all`, but nothing goes on behind its back when it rejects. */
async function allSettledFirst(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

async function readPart(file: FileHandle, at: number, target: Buffer): Promise<Buffer> {
  for (let filled = 0; filled < target.length; ) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, at + filled);
    if (bytesRead === 0) throw new Error('the file became shorter while it was uploaded');
    filled += bytesRead;
  }
  return target;
}

/** The ETag of an object made of parts: the MD5 of their MD5s, and how many there are. */
const etagOf = (digests: readonly Buffer[]) =>
  `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${digests.length}`;

async function verify(client: S3Client, object: ObjectKey, size: number, etag: string): Promise<void> {
  const head = await client.send(new HeadObjectCommand(object));
  if (head.ContentLength !== size) throw new Error('S3 holds another number of bytes than were sent');
  if (isDigest(head) && head.ETag !== `"${etag}"`) throw new Error('S3 holds other bytes than were sent');
}

/** Under keys of KMS or of the customer an ETag says nothing of the content; the MD5s of the requests did. */
const isDigest = (head: HeadObjectCommandOutput) =>
  !head.ServerSideEncryption?.startsWith('aws:kms') && !head.SSECustomerAlgorithm;

/** Checks bytes, given in order, against what a HEAD tells of an object. */
export class ObjectCheck {
  readonly #head: HeadObjectCommandOutput;
  readonly #partSize: number;
  #part = createHash('md5');
  #inPart = 0;
  #size = 0;
  readonly #digests: Buffer[] = [];

  constructor(head: HeadObjectCommandOutput) {
    this.#head = head;
    this.#partSize = Number(head.Metadata?.[PART_SIZE]) || Number.POSITIVE_INFINITY;
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(bytes.length - at, this.#partSize - this.#inPart);
      this.#part.update(bytes.subarray(at, at + count));
      this.#inPart += count;
      at += count;
      if (this.#inPart === this.#partSize) this.#endPart();
    }
  }

  /** Throws when the bytes are not the object's. */
  end(): void {
    const whole = this.#partSize === Number.POSITIVE_INFINITY;
    if (this.#inPart > 0 || whole) this.#endPart();
    if (this.#size !== this.#head.ContentLength) throw new Error('S3 gave another number of bytes');
    const tag = this.#head.ETag?.replaceAll('"', '') ?? '';
    const known = whole ? !tag.includes('-') : tag.includes('-');
    const own = whole ? this.#digests[0]?.toString('hex') : etagOf(this.#digests);
    if (known && isDigest(this.#head) && tag !== own) throw new Error('S3 gave other bytes than were put');
  }

  #endPart(): void {
    this.#digests.push(this.#part.digest());
    this.#part = createHash('md5');
    this.#inPart = 0;
  }
}
