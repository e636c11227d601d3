import type { TranscodeTask } from '@ptsdly/contract';

export interface TranscodeOptions {
  /** Cancels: ffmpeg is ended and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Seconds of the output that exist. */
  readonly onProgress?: (seconds: number) => void;
}

/** Runs ffmpeg for this server: at its host, under a slot that is shared fairly with the other servers there. */
export interface Transcoder {
  /**
   * Resolves with what the task tells (`probe`, `loudness`), or null, when its output files are complete. Rejects
   * with a `TranscodeError`, or with the reason of the signal.
   */
  run(task: TranscodeTask, options?: TranscodeOptions): Promise<Record<string, unknown> | null>;
}

/**
 * `unavailable`: no ffmpeg here; may change. `unreachable`: the host does not answer, so nothing is known. `input`: this
 * file cannot be decoded; trying again cannot help.
 */
export type TranscodeFailure =
  | 'unavailable'
  | 'unreachable'
  | 'refused'
  | 'input'
  | 'timeout'
  | 'full'
  | 'failed';

export class TranscodeError extends Error {
  override readonly name = 'TranscodeError';
  readonly reason: TranscodeFailure;

  constructor(reason: TranscodeFailure, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}

/** Where there is no ffmpeg: everything else goes on. */
export const noTranscoder: Transcoder = {
  run: () => Promise.reject(new TranscodeError('unavailable', 'There is no transcoder here.')),
};
