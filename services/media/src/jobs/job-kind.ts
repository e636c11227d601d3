import type { JobKindName } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';

/** What tells two jobs of one kind and video apart. */
export type JobParams = Readonly<Record<string, string | number>>;

/** A job to be queued. */
export interface JobSpec {
  readonly kind: JobKindName;
  readonly params?: JobParams;
  /** Least first; that of the kind when absent. */
  readonly priority?: number;
}

/** What a job is given while it runs. */
export interface JobWork {
  readonly video: VideoRow;
  readonly params: JobParams;
  /** Aborted when the job is canceled, its video deleted, or the server stops. */
  readonly signal: AbortSignal;
  /** True while something more urgent has no place to run: a job that can go on later then calls `pause`. */
  readonly isWanted: boolean;
  /** Tells how much of the whole is done, 0 to 1. */
  progress(done: number): void;
  /** Throws what puts the job back into the queue; that counts as no failure. */
  pause(): never;
}

/**
 * One kind of background work. It may be ended at any moment, by `kill -9` too, and is then run again: what a run
 * leaves behind must be found and used, or written over, by the next.
 */
export interface JobKind {
  readonly name: JobKindName;
  /** Least first; see `priorities`. */
  readonly priority: number;
  /**
   * Resolves when it is done for good. A `TranscodeError` and a full disk are told apart by their reason; anything
   * else that is thrown is a fault of ours and tried again a few times.
   */
  run(work: JobWork): Promise<void>;
  /** Told when a job of this kind will not be tried again by itself. */
  gaveUp?(work: Pick<JobWork, 'video' | 'params'>, failure: JobFailure): Promise<void>;
}

/** Why a job has failed, for people. */
export interface JobFailure {
  readonly code: string;
  readonly detail: string;
}

/** The order of what is needed (DESIGN §6.7); what a viewer waits for goes before all of it. */
export const priorities = {
  viewer: 0,
  import: 10,
  audio: 20,
  poster: 30,
  storyboard: 40,
  rendition: 50,
  loudness: 60,
  moreRenditions: 70,
} as const;
