import type { JobFailureCode, JobKindName } from '@ptsdly/contract';

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'canceled';

export interface JobRow {
  id: string;
  video: string;
  kind: JobKindName;
  /** `JobParams` as JSON, keys sorted, so that equal ones are equal here. */
  params: string;
  state: JobState;
  /** Least first. */
  priority: number;
  /** Runs that have begun since it was queued. */
  attempts: number;
  /** 0 to 1. */
  progress: number;
  failure_code: JobFailureCode | null;
  failure_detail: string | null;
  /** When it may run next. */
  due_at: string;
  created_at: string;
}
