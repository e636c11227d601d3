import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@ptsdly/contract';
import type { Announcement } from '../library/library.ts';

/** The protocol of https://tus.io/protocols/resumable-upload version 1.0.0, as far as headers go. */
export const TUS_VERSION = '1.0.0';
export const TUS_EXTENSIONS =
  'creation,creation-with-upload,creation-defer-length,termination,checksum,expiration';
export const OFFSET_TYPE = 'application/offset+octet-stream';

/** "The client MUST include Tus-Resumable"; on another version "the server MUST respond with 412". */
export function requireVersion(headers: IncomingHttpHeaders): void {
  if (headers['tus-resumable'] === TUS_VERSION) return;
  throw new Problem('precondition_failed', { headers: { 'tus-version': TUS_VERSION } });
}

/** What `POST /uploads` announces. Rejects with `invalid_fields`. */
export function readAnnouncement(headers: IncomingHttpHeaders): Announcement {
  const size = readLength(headers);
  if (size === 0) throw invalid('Upload-Length', 'the file is empty');
  const metadata = readMetadata(String(headers['upload-metadata'] ?? ''));
  const [name = '', type = ''] = [metadata.get('filename'), metadata.get('filetype')];
  return announce({
    name,
    type,
    size,
    folderId: metadata.get('folderId'),
    replaces: metadata.get('replaces'),
  });
}

/** What is kept of how a file calls itself; the title is its name, where none is given. */
export function announce(file: {
  readonly name: string;
  readonly type: string;
  readonly size: number | null;
  readonly title?: string | undefined;
  readonly folderId?: string | undefined;
  readonly replaces?: string | undefined;
}): Announcement {
  const fileName = cleanName(file.name) || 'video';
  const title =
    fileName
      .replace(/\.[A-Za-z0-9]{1,5}$/, '')
      .slice(0, 200)
      .toWellFormed() || fileName.slice(0, 200);
  return {
    title: file.title ?? title,
    fileName,
    fileType: mediaType(file.type),
    size: file.size,
    ...(file.folderId && { folderId: file.folderId.slice(0, 64) }),
    ...(file.replaces && { replaces: file.replaces.slice(0, 64) }),
  };
}

/** "The Client MUST send either Upload-Length or Upload-Defer-Length: 1". Null for a length that comes later. */
function readLength(headers: IncomingHttpHeaders): number | null {
  const deferred = headers['upload-defer-length'];
  if (deferred === undefined) return readCount(headers, 'upload-length');
  if (deferred !== '1') throw invalid('Upload-Defer-Length', 'it can only be 1');
  if (headers['upload-length'] !== undefined)
    throw invalid('Upload-Length', 'it is deferred and told at once');
  return null;
}

/** A header that carries a number of bytes. Rejects with `invalid_fields`. */
export function readCount(headers: IncomingHttpHeaders, name: 'upload-length' | 'upload-offset'): number {
  const text = String(headers[name] ?? '');
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw invalid(name, 'not a number of bytes');
  return value;
}

export function requireOffsetType(headers: IncomingHttpHeaders): void {
  if (headers['content-type'] !== OFFSET_TYPE) throw new Problem('unsupported_media_type');
}

/** The SHA-256 that `Upload-Checksum` promises. Rejects with `bad_request` on another algorithm. */
export function readChecksum(headers: IncomingHttpHeaders): Buffer | undefined {
  const header = headers['upload-checksum'];
  if (header === undefined) return undefined;
  const [algorithm, value] = String(header).split(' ');
  const digest = Buffer.from(value ?? '', 'base64');
  if (algorithm !== 'sha256' || digest.length !== 32) {
    throw new Problem('bad_request', { detail: 'Upload-Checksum must be "sha256" and its base64 value.' });
  }
  return digest;
}

/** "Upload-Metadata: key base64,key base64"; what is not well-formed is passed over. */
export function readMetadata(header: string): Map<string, string> {
  const pairs = header.split(',').map((pair) => pair.trim().split(' '));
  const named = pairs.filter(([key]) => key);
  return new Map(named.map(([key = '', value = '']) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

/** A name to show: no path, no control characters, no direction overrides, at most 300 characters. */
function cleanName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  return base
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\uFFFD\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim()
    .slice(0, 300)
    .toWellFormed();
}

/** Only what a browser cannot run: a tenant's bytes share the origin of the app. */
function mediaType(type: string): string {
  return /^(video|audio)\/[\w.+-]{1,60}$/i.test(type) ? type.toLowerCase() : 'application/octet-stream';
}

function invalid(field: string, message: string): Problem {
  return new Problem('invalid_fields', { errors: [{ field, message }], detail: `${field}: ${message}` });
}
