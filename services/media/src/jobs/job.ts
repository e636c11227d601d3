import type { VideoJob } from '@ptsdly/contract';
import type { JobRow } from './job-row.ts';
import { readParams } from './job-store.ts';

/** Progress counted for the time left needs at least so much of a run, in milliseconds. */
const MEASURED_MS = 2000;

/** A job that is not done: its row, and what is known of the run that is under way. */
export class Job {
  readonly row: JobRow;
  #run: { readonly abort: AbortController; readonly from: number; readonly at: number } | undefined;
  /** Resolves when the run has ended and its outcome is written. */
  ended: Promise<void> = Promise.resolve();
  /** Progress as it was last written down. */
  written: number;

  constructor(row: JobRow) {
    this.row = row;
    this.written = row.progress;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  get signal(): AbortSignal | undefined {
    return this.#run?.abort.signal;
  }

  begin(): AbortSignal {
    const abort = new AbortController();
    this.#run = { abort, from: this.row.progress, at: performance.now() };
    return abort.signal;
  }

  abort(reason: unknown): void {
    this.#run?.abort.abort(reason);
  }

  end(): void {
    this.#run = undefined;
  }

  describe(): VideoJob {
    const { row } = this;
    const height = readParams(row.params).height;
    return {
      id: row.id,
      kind: row.kind,
      height: typeof height === 'number' ? height : null,
      state: row.state,
      progress: row.progress,
      secondsLeft: this.#secondsLeft(),
      failure:
        row.failure_code === null ? null : { code: row.failure_code, detail: row.failure_detail ?? '' },
    };
  }

  /** By the pace of this run. */
  #secondsLeft(): number | null {
    if (!this.#run) return null;
    const elapsed = performance.now() - this.#run.at;
    const done = this.row.progress - this.#run.from;
    if (elapsed < MEASURED_MS || done <= 0) return null;
    return Math.round(((1 - this.row.progress) / done) * elapsed) / 1000;
  }
}
