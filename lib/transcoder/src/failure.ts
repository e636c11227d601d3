import type { TranscodeLine } from '@ptsdly/contract';

export type FailureReason = Extract<TranscodeLine, { state: 'failed' }>['reason'];

/** Why a task came to nothing, and the sentence that says it. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }

  /** Whatever was thrown, as a failure of the task. */
  static from(thrown: unknown): TaskFailure {
    if (thrown instanceof TaskFailure) return thrown;
    const { code } = (thrown ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return full({ cause: thrown });
    return new TaskFailure('failed', 'The transcoder could not do this.', { cause: thrown });
  }
}

export const full = (options?: ErrorOptions) =>
  new TaskFailure('full', 'The disk has no room for this.', options);

/** How a process ended: by an exit code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it wrote to its standard error. */
  readonly messages: string;
}

/** Signals as the exit codes of a shell or of bubblewrap, which outlive the process that they ended. */
const BY_SIGNAL: Readonly<Record<number, NodeJS.Signals>> = {
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  152: 'SIGXCPU',
  153: 'SIGXFSZ',
};

const CRASHES = new Set<NodeJS.Signals>(['SIGILL', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV']);

/** What ffmpeg says of a file that no second try makes better. */
const INPUT_FAULTS =
  /Invalid data found|input: End of file|moov atom not found|could not find codec parameters|does not contain any stream|matches no streams|Decoder .*not found|Unsupported codec|Decoding requested, but no decoder|unspecified size|Output file is empty|no packets|Error while decoding|Could not find tag for codec|Could not write header|unknown timestamp|Picture size .* is invalid|Number of streams exceeds|Protocol .* not on whitelist/i;

/** What of its messages goes into the log. */
const MAX_SAID = 400;

/** The reason behind the end of ffmpeg. `code` is not 0, or `signal` is set. */
export function failureOf(ending: Ending): TaskFailure {
  const signal = ending.signal ?? BY_SIGNAL[ending.code ?? 0];
  const cause = new Error(
    `ended by ${signal ?? `exit code ${ending.code}`}: ${ending.messages.slice(-MAX_SAID)}`,
  );
  if (signal === 'SIGXCPU') return new TaskFailure('timeout', 'This took more time than it may.', { cause });
  if (signal === 'SIGXFSZ' || /File too large/i.test(ending.messages)) {
    return new TaskFailure('failed', 'The result grew larger than it may.', { cause });
  }
  if (/No space left on device|Disk quota exceeded/i.test(ending.messages)) return full({ cause });
  if (/Cannot allocate memory/i.test(ending.messages)) {
    return new TaskFailure('input', 'This file needs more memory than there is for one file.', { cause });
  }
  if (signal && CRASHES.has(signal)) {
    return new TaskFailure('input', 'The decoder gives up on this file.', { cause });
  }
  if (ending.code === 127) return unavailable({ cause });
  if (INPUT_FAULTS.test(ending.messages)) {
    return new TaskFailure('input', 'This file cannot be decoded.', { cause });
  }
  return new TaskFailure('failed', 'The transcoder ended before its work was done.', { cause });
}

export const unavailable = (options?: ErrorOptions) =>
  new TaskFailure('unavailable', 'There is no ffmpeg on this machine.', options);
