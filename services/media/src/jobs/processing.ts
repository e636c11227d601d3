import type { Video, VideoJob } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';

/** What a video's list entry says of all that is going on for it. */
export function processingOf(
  row: Pick<VideoRow, 'processing'>,
  jobs: readonly VideoJob[],
): Pick<Video, 'processing' | 'progress'> {
  if (row.processing !== 'none') return { processing: row.processing, progress: null };
  const pending = jobs.filter((job) => isPending(job) && job.failure?.code !== 'transcoder_unavailable');
  if (pending.length === 0) return { processing: 'none', progress: null };
  const done = pending.reduce((sum, { progress }) => sum + progress, 0) / pending.length;
  return {
    processing: pending.some(({ state }) => state === 'running') ? 'running' : 'queued',
    progress: done,
  };
}

const isPending = ({ state }: VideoJob) => state === 'queued' || state === 'running';
