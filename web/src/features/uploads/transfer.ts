import { Problem } from '@ptsdly/contract';
import { DetailedError, Upload, type UploadOptions } from 'tus-js-client';
import type { ApiProblem } from '../../api/problem.ts';
import { toApiProblem } from '../../api/problem.ts';

const chunkSize = 16 * 1024 * 1024;
/** About a minute of trying before a person is asked. */
const retryDelays = [0, 1000, 3000, 5000, 10_000, 20_000, 20_000];

export interface TransferEvents {
  /** The first bytes of the file wait until it resolves. */
  created(videoId: string | null, uploadUrl: string): Promise<void>;
  progressed(sent: number): void;
  done(): void;
  failed(problem: ApiProblem): void;
}

/** One file on its way by tus; goes on from the acknowledged offset where an earlier try left an address. */
export async function startTransfer(
  id: string,
  serverUrl: string,
  file: File,
  events: TransferEvents,
): Promise<Upload> {
  const options: UploadOptions = {
    endpoint: uploadsUrl(serverUrl),
    chunkSize,
    retryDelays,
    metadata: { filename: file.name, filetype: file.type || 'application/octet-stream' },
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
