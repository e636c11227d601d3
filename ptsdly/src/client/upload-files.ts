import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Problem } from '@ptsdly/contract';
import { DetailedError, Upload } from 'tus-js-client';
import type { Account } from './account.ts';
import { type Progress, readable } from './progress.ts';
import { UploadNotes } from './upload-notes.ts';
import { wordsFor } from './words.ts';

/** Below what proxies let through in one request. */
const CHUNK = 64 * 1024 * 1024;
const RETRY_MS = [200, 1000, 3000, 10_000, 30_000, 60_000];

export interface LocalFile {
  readonly path: string;
  /** How it is called in progress; its name where not given. */
  readonly label?: string;
  readonly folderId?: string;
}

export interface UploadOptions {
  readonly account: Account;
  readonly files: readonly LocalFile[];
  /** Make a link for each. */
  readonly share: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly stateFolder: string;
}

/**
 * Uploads files one after another and prints an address for each: its link, or its page. Resolves to false when some
 * could not be uploaded. Rejects when it is interrupted, or the whole account cannot be reached.
 */
export async function uploadFiles(options: UploadOptions): Promise<boolean> {
  const { account, files, share, progress, signal } = options;
  const notes = new UploadNotes(options.stateFolder);
  let failures = 0;
  for (const file of files) {
    signal.throwIfAborted();
    progress.begin(file.label ?? basename(file.path));
    try {
      const videoId = await uploadOne(file, notes, options);
      const page = `${account.origin}/app/videos/${videoId}`;
      console.log(share ? await link(account, videoId) : page);
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      progress.end('failed');
      console.error(`${file.label ?? file.path}: ${wordsFor(error)}`);
      if (isHopeless(error)) return false;
    }
  }
  return failures === 0;
}

/** Resolves to the id of the video; of the one that is there already when the server has this very file. */
async function uploadOne(file: LocalFile, notes: UploadNotes, options: UploadOptions): Promise<string> {
  const { account, progress } = options;
  const found = await stat(file.path);
  if (!found.isFile()) throw new Error('this is not a file');
  if (found.size === 0) throw new Error('the file is empty');
  const { sameSize } = await account.media.sameFile({ body: { sizeBytes: found.size } });
  if (sameSize > 0) {
    const body = { sizeBytes: found.size, sha256: await hashOf(file.path) };
    const { video } = await account.media.sameFile({ body });
    if (video) {
      progress.end('is on the server already');
      return video.id;
    }
  }
  const url = await send(file, { size: found.size, changedAt: found.mtimeMs }, notes, options);
  progress.end(`${readable(found.size)} uploaded`);
  return url.split('/').at(-1) ?? '';
}

/** tus 1.0, from where an earlier run has stopped. Resolves to the URL of the upload. */
function send(
  file: LocalFile,
  { size, changedAt }: { readonly size: number; readonly changedAt: number },
  notes: UploadNotes,
  { account, progress, signal }: UploadOptions,
): Promise<string> {
  const fingerprint = [account.serverUrl, resolve(file.path), size, changedAt].join(' ');
  return new Promise((done, reject) => {
    // the types know browsers only: under Node a stream of a file is opened anew at any offset
    const bytes = createReadStream(file.path) as unknown as Buffer;
    const upload = new Upload(bytes, {
      endpoint: `${account.serverUrl}/uploads`,
      onBeforeRequest: async (request) => {
        request.setHeader('authorization', (await account.authorize()).authorization);
      },
      uploadSize: size,
      chunkSize: CHUNK,
      retryDelays: RETRY_MS,
      metadata: { filename: basename(file.path), ...(file.folderId && { folderId: file.folderId }) },
      fingerprint: async () => fingerprint,
      urlStorage: notes,
      removeFingerprintOnSuccess: true,
      onProgress: (sent) => progress.show(sent, size),
      onSuccess: () => done(upload.url ?? ''),
      onError: (error) => reject(problemIn(error)),
    });
    signal.addEventListener('abort', () => void upload.abort().finally(() => reject(signal.reason)), {
      once: true,
    });
    upload
      .findPreviousUploads()
      .then(([previous]) => {
        if (previous) upload.resumeFromPreviousUpload(previous);
        upload.start();
      })
      .catch(reject);
  });
}

async function link({ links, server }: Account, videoId: string): Promise<string> {
  return (await links.createLink({ body: { serverId: server.id, videoId } })).url;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The server's own words in the answer that ended an upload. */
function problemIn(error: Error | DetailedError): Error {
  const body = error instanceof DetailedError ? error.originalResponse?.getBody() : undefined;
  try {
    const { code, detail } = JSON.parse(body ?? '') as {
      code: ConstructorParameters<typeof Problem>[0];
      detail: string;
    };
    return new Problem(code, { detail });
  } catch {
    return error instanceof DetailedError ? new Error('the connection was lost', { cause: error }) : error;
  }
}

/** What will be the same for every other file. */
const isHopeless = (error: unknown) =>
  error instanceof Problem && ['unauthenticated', 'insufficient_scope', 'forbidden'].includes(error.code);
