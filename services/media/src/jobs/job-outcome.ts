import type { JobFailureCode } from '@ptsdly/contract';
import { Problem } from '@ptsdly/contract';
import { TranscodeError, type TranscodeFailure } from '../transcoder.ts';

/** What becomes of a job that threw. */
export interface JobOutcome {
  readonly code: JobFailureCode;
  /** One plain sentence. */
  readonly detail: string;
  /** Milliseconds until it is tried again; null when that cannot help. */
  readonly retryMs: number | null;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Pauses before each further try; where they end, so do the tries. */
const pauses: Readonly<Record<JobFailureCode, readonly number[]>> = {
  failed: [5 * SECOND, MINUTE, 10 * MINUTE],
  transcoder_unavailable: [10 * SECOND, MINUTE, 10 * MINUTE, 60 * MINUTE],
  disk_full: [MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 60 * MINUTE, 60 * MINUTE],
  took_too_long: [MINUTE],
  cannot_decode: [],
};

const sentences: Readonly<Record<JobFailureCode, string>> = {
  failed: 'Something went wrong on our side while this was made.',
  transcoder_unavailable: 'This server has nothing to convert video with at the moment.',
  disk_full: 'There is not enough room on the disk.',
  took_too_long: 'It took longer than this server allows.',
  cannot_decode: 'The file is damaged, or its format cannot be decoded.',
};

const codes: Readonly<Record<TranscodeFailure, JobFailureCode>> = {
  unavailable: 'transcoder_unavailable',
  unreachable: 'transcoder_unavailable',
  refused: 'failed',
  input: 'cannot_decode',
  timeout: 'took_too_long',
  full: 'disk_full',
  failed: 'failed',
};

/** Most tries of a job, ends of the process counted: one that takes the process with it must end too. */
export const MAX_ATTEMPTS = 8;

/** Decides by the reason and by how often it has been tried (1 after the first time); nothing here is random. */
export function outcomeOf(error: unknown, attempts: number): JobOutcome {
  const code = codeOf(error);
  return { code, detail: sentences[code], retryMs: pauses[code][attempts - 1] ?? null };
}

function codeOf(error: unknown): JobFailureCode {
  if (error instanceof TranscodeError) return codes[error.reason];
  if (error instanceof Problem && error.code === 'no_space') return 'disk_full';
  const system = (error as NodeJS.ErrnoException | undefined)?.code;
  return system === 'ENOSPC' || system === 'EDQUOT' ? 'disk_full' : 'failed';
}
