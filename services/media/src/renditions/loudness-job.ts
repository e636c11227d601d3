import { z } from 'zod';
import type { MediaDatabase } from '../database.ts';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Transcoder } from '../transcoder.ts';
import { wholeOf, writeWindowInput } from './window-input.ts';
import type { WorkFolder } from './work-folder.ts';

export interface LoudnessJobOptions {
  readonly db: MediaDatabase;
  readonly presentations: Presentations;
  readonly work: WorkFolder;
  readonly transcoder: Transcoder;
}

/** EBU R128 of the first sound track of a video. */
export interface LoudnessRow {
  video: string;
  /** Integrated, LUFS. */
  integrated: number;
  /** True peak, dBTP. */
  peak: number;
}

/** What the task tells; silence has no loudness, which it tells as null. */
const measured = z.object({ integrated: z.number().nullable(), truePeak: z.number().nullable() });
const SILENCE = -70;

/** Measures how loud a video is, so that players can make all of them equally loud. */
export function loudnessJob(options: LoudnessJobOptions): JobKind {
  return { name: 'loudness', priority: priorities.loudness, run: (work) => measure(options, work) };
}

async function measure({ db, presentations, work, transcoder }: LoudnessJobOptions, job: JobWork) {
  const { video, signal } = job;
  const { index, source } = await presentations.get(video);
  const sound = index.audio[Number(job.params.track)];
  if (!sound) return;
  await using input = await writeWindowInput(work, video.id, 'loudness', source, sound, wholeOf(sound));
  signal.throwIfAborted();
  const result = await transcoder.run(
    {
      ...{ kind: 'loudness', priority: 'background', track: 0 },
      input: { path: input.path, demuxer: input.demuxer },
    },
    { signal, onProgress: (seconds) => job.progress(seconds / index.duration) },
  );
  const { integrated, truePeak } = measured.parse(result);
  const row = { video: video.id, integrated: integrated ?? SILENCE, peak: truePeak ?? SILENCE };
  await db.deleteFrom('loudness').where('video', '=', video.id).execute();
  await db.insertInto('loudness').values(row).execute();
}
