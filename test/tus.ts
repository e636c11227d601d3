import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { Server } from '@ptsdly/contract';
import type { Person } from './person.ts';

const TUS = { 'tus-resumable': '1.0.0' };

export interface Upload {
  /** Path of the upload, as `Location` gave it. */
  readonly location: string;
  readonly videoId: string;
}

/** Creates an upload (tus 1.0, creation). */
export async function createUpload(
  person: Person,
  server: Server,
  fileName: string,
  size: number,
): Promise<Upload> {
  const response = await createUploadResponse(person, server, fileName, size);
  if (response.status !== 201) throw new Error(`creation: ${response.status} ${await response.text()}`);
  const location = new URL(response.headers.get('location') ?? '', 'http://x').pathname;
  return { location, videoId: response.headers.get('x-video-id') ?? '' };
}

export function createUploadResponse(person: Person, server: Server, fileName: string, size: number) {
  const metadata = `filename ${btoa(unescape(encodeURIComponent(fileName)))},filetype ${btoa('video/mp4')}`;
  return person.fetch(`${server.url}/uploads`, {
    method: 'POST',
    headers: { ...TUS, 'upload-length': String(size), 'upload-metadata': metadata },
  });
}

/** The acknowledged offset (tus 1.0, HEAD). */
export async function uploadOffset(person: Person, { location }: Upload): Promise<number> {
  const response = await person.fetch(location, { method: 'HEAD', headers: TUS });
  if (response.status !== 200) throw new Error(`HEAD: ${response.status}`);
  return Number(response.headers.get('upload-offset'));
}

/** Sends bytes at an offset (tus 1.0, PATCH). */
export function patch(person: Person, { location }: Upload, offset: number, bytes: Uint8Array, headers = {}) {
  return person.fetch(location, {
    method: 'PATCH',
    headers: {
      ...TUS,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      ...headers,
    },
    body: bytes as Uint8Array<ArrayBuffer>,
  });
}

/** Begins a PATCH of `bytes`, and cuts the connection once `cut` of them have gone out. */
export async function patchAndCut(
  origin: string,
  cookie: string,
  { location }: Upload,
  offset: number,
  bytes: Uint8Array,
  cut: number,
): Promise<void> {
  const outgoing = request(new URL(location, origin), {
    method: 'PATCH',
    headers: {
      ...TUS,
      cookie,
      origin,
      'upload-offset': offset,
      'content-type': 'application/offset+octet-stream',
      'content-length': bytes.length,
    },
  });
  outgoing.on('error', () => undefined); // we cut it ourselves
  outgoing.write(bytes.subarray(0, cut), () => setImmediate(() => outgoing.destroy()));
  await new Promise((resolve) => outgoing.once('close', resolve));
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/**
 * Sends the rest of a file from wherever the server is. The bytes of a connection that was cut may still be on their
 * way when the offset is asked for; then the PATCH answers 409, and a client asks again (tus 1.0, PATCH).
 */
export async function resume(person: Person, upload: Upload, bytes: Uint8Array): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const offset = await uploadOffset(person, upload);
    const response = await patch(person, upload, offset, bytes.subarray(offset));
    if (response.status !== 409 || attempt === 5) return response;
    await response.arrayBuffer();
  }
}
