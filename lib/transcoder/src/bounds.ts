import type { TranscodeTask } from '@ptsdly/contract';

const MIB = 1024 * 1024;
const DAY = 24 * 3600;
/** A second of the input may take this long, in seconds: tone-mapped 2160p on one old core. */
const SLOWEST = 60;
/** What is only read and copied goes at least at this rate, in bytes a second. */
const SLOWEST_READ = MIB;
/** What is encoded as a whole, likewise. */
const SLOWEST_ENCODE = 50_000;
/** How much larger than its source a result may be: a silent Opus track as AAC. */
const GROWTH = 20;

export interface Bounds {
  /** Seconds that ffmpeg may run; what it stands suspended does not count. */
  readonly seconds: number;
  /** Bytes that one file of its output may have (RLIMIT_FSIZE). */
  readonly fileBytes: number;
  /** Bytes of address space (RLIMIT_AS); null where the encoder's driver maps more than memory. */
  readonly memoryBytes: number | null;
}

/** What one task may use, by the work that it is. */
export function boundsOf(task: TranscodeTask, inputBytes: number, hardware: boolean): Bounds {
  const memoryBytes = hardware && task.kind === 'video' ? null : 4096 * MIB;
  return { seconds: secondsOf(task, inputBytes), fileBytes: fileBytesOf(task, inputBytes), memoryBytes };
}

function secondsOf(task: TranscodeTask, inputBytes: number): number {
  if (task.kind === 'probe') return 30;
  if (task.kind === 'video') {
    const length = windowOf(task);
    if (length !== null) return Math.min(DAY, 120 + SLOWEST * length + inputBytes / SLOWEST_READ);
    return Math.min(DAY, 120 + inputBytes / SLOWEST_ENCODE);
  }
  if (task.kind === 'pictures') return Math.min(DAY, 120 + inputBytes / SLOWEST_ENCODE);
  return Math.min(DAY, 60 + inputBytes / SLOWEST_READ);
}

function fileBytesOf(task: TranscodeTask, inputBytes: number): number {
  switch (task.kind) {
    case 'video': {
      const length = windowOf(task);
      const most = length === null ? inputBytes * GROWTH : (task.maxBitRate / 8) * length * 2;
      return Math.ceil(most) + 64 * MIB;
    }
    case 'audio':
      return Math.ceil((((task.to - task.from) / task.sampleRate) * task.bitRate) / 4) + 16 * MIB;
    case 'remux':
      return Math.ceil(inputBytes * 1.25) + 16 * MIB;
    case 'pictures':
      return 64 * MIB;
    default:
      return MIB;
  }
}

function windowOf({ from = 0, to }: Extract<TranscodeTask, { kind: 'video' }>): number | null {
  return to === undefined ? null : Math.max(0, to - from);
}
