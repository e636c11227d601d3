import { z } from 'zod';
import { id, seconds } from './fields.ts';

/** What a media server does in the background for one video. */
export const jobKind = z.enum(['import', 'audio', 'poster', 'storyboard', 'rendition', 'loudness']);
export type JobKindName = z.infer<typeof jobKind>;

/** Why a job has failed; stable, for words in the reader's language. */
export const jobFailureCode = z.enum([
  /** There is no ffmpeg where this server runs. */
  'transcoder_unavailable',
  /** The file is damaged, or nobody here knows how to decode it. */
  'cannot_decode',
  'took_too_long',
  'disk_full',
  /** A fault of ours. */
  'failed',
]);
export type JobFailureCode = z.infer<typeof jobFailureCode>;

export const videoJob = z.object({
  id,
  kind: jobKind,
  /** Lines of the picture that is made, of a rendition. */
  height: z.int().nullable(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'canceled']),
  /** 0 to 1. */
  progress: z.number().min(0).max(1),
  /** How long it still takes, while it runs and that can be told. */
  secondsLeft: seconds.nullable(),
  failure: z.object({ code: jobFailureCode, detail: z.string() }).nullable(),
});
export type VideoJob = z.infer<typeof videoJob>;

export const jobParams = z.object({ id, job: id });
