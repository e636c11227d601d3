import { Problem } from '@ptsdly/contract';
import { DetailedError, Upload, type UploadOptions } from 'tus-js-client';
import type { ApiProblem } from '../../api/problem.ts';
import { toApiProblem } from '../../api/problem.ts';
import { createChecksums } from './checksums.ts';

const megabyte = 1024 * 1024;
/** Never near the 90 MB that proxies take. */
const chunkSizes = { first: megabyte / 4, least: megabyte / 16, most: 32 * megabyte } as const;
/**
 * Seconds that a piece should take. The server shows a piece when it has compared it, so on a slow line a longer one
 * would halt those who watch while it uploads; on a fast one shorter pieces would only cost.
 */
const pace = { slow: { least: 0.35, most: 0.9 }, fast: { least: 1, most: 2.5 } } as const;

/** About a minute of trying before a person is asked. */
const retryDelays = [0, 1000, 3000, 5000, 10_000, 20_000, 20_000];

export interface TransferEvents {
  /** The first bytes of the file wait until it resolves. */
  created(videoId: string | null, uploadUrl: string): Promise<void>;
  progressed(sent: number): void;
  done(): void;
  failed(problem: ApiProblem): void;
}

export interface TransferredFile {
  readonly file: File;
  readonly folderId: string | null;
  /** The video whose file it is to become. */
  readonly replaces: string | null;
}

/** One file on its way by tus; goes on from the acknowledged offset where an earlier try left an address. */
export async function startTransfer(
  id: string,
  serverUrl: string,
  { file, folderId, replaces }: TransferredFile,
  events: TransferEvents,
): Promise<Upload> {
  const { fileReader, onBeforeRequest } = createChecksums(file);
  let pieceBegan = performance.now();
  const options: UploadOptions = {
    endpoint: uploadsUrl(serverUrl),
    chunkSize: chunkSizes.first,
    fileReader,
    onBeforeRequest,
    retryDelays,
    metadata: {
      filename: file.name,
      filetype: file.type || 'application/octet-stream',
      ...(folderId && { folderId }),
      ...(replaces && { replaces }),
    },
    fingerprint: async () => id,
    removeFingerprintOnSuccess: true,
    onShouldRetry: (error) => worthRetrying(error.originalResponse?.getStatus()),
    onAfterResponse: async (sent, answer) => {
      const address = answer.getHeader('Location');
      if (sent.getMethod() !== 'POST' || !address) return;
      await events.created(
        answer.getHeader('X-Video-Id') ?? null,
        new URL(address, uploadsUrl(serverUrl)).href,
      );
    },
    onChunkComplete: () => {
      const now = performance.now();
      upload.options.chunkSize = nextChunkSize(upload.options.chunkSize ?? 0, (now - pieceBegan) / 1000);
      pieceBegan = now;
    },
    onProgress: (sent) => events.progressed(sent),
    onSuccess: () => events.done(),
    onError: async (error) => events.failed(await problemOf(error)),
  };
  const upload = new Upload(file, options);
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  upload.start();
  return upload;
}

/** After a piece of some size took so many seconds. */
export function nextChunkSize(size: number, seconds: number): number {
  const { least, most } = size < megabyte ? pace.slow : pace.fast;
  const wanted = seconds < least ? size * 2 : seconds > most ? size / 2 : size;
  return Math.min(chunkSizes.most, Math.max(chunkSizes.least, Math.round(wanted)));
}

export const uploadsUrl = (serverUrl: string) => new URL(`${serverUrl}/uploads`, location.origin).href;

/** A refusal is final; a lost line, a busy server and a moved offset are not. */
export function worthRetrying(status: number | undefined): boolean {
  if (!status || status >= 500) return status !== 507;
  return [409, 423, 429, 460].includes(status);
}

async function problemOf(error: Error): Promise<ApiProblem> {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  if (!answer?.getStatus()) return toApiProblem(new Problem('unavailable', { cause: error }));
  const response = new Response(answer.getBody(), { status: answer.getStatus() });
  return toApiProblem(await Problem.fromResponse(response));
}
