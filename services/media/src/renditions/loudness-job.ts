import { z } from 'zod';
import type { MediaDatabase } from '../database.ts';
import { type JobKind, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Transcoder } from '../transcoder.ts';
import { openTrackInput, type TrackInputOptions } from './track-input.ts';

export interface LoudnessJobOptions extends TrackInputOptions {
  readonly db: MediaDatabase;
  readonly presentations: Presentations;
  readonly transcoder: Transcoder;
}

/** EBU R128 of the first sound track of a video. */

/** What the task tells; silence has no loudness, which it tells as null. */
const measured = z.object({ integrated: z.number().nullable(), truePeak: z.number().nullable() });
const SILENCE = -70;

/** Measures how loud a video is, so that players can make all of them equally loud. */
export function loudnessJob(options: LoudnessJobOptions): JobKind {
  return { name: 'loudness', priority: priorities.loudness, run: (work) => measure(options, work) };
}

async function measure(options: LoudnessJobOptions, job: JobWork) {
  const { db, presentations, transcoder } = options;
  const { video, signal } = job;
  const packaged = await presentations.get(video);
  const { index } = packaged;
  const track = Number(job.params.track);
  const sound = index.audio[track];
  if (!sound) return;
  const name = { video: video.id, name: 'loudness' };
  await using input = await openTrackInput(options, packaged, name, { kind: 'audio', track });
  await using part = await input.part(0, sound.samples.end / sound.timescale);
  signal.throwIfAborted();
  const result = await transcoder.run(
    {
      ...{ kind: 'loudness', priority: 'background', input: part.input, track: part.track },
    },
    { signal, onProgress: (seconds) => job.progress(seconds / index.duration) },
  );
  const { integrated, truePeak } = measured.parse(result);
  const row = { video: video.id, integrated: integrated ?? SILENCE, peak: truePeak ?? SILENCE };
  await db.deleteFrom('loudness').where('video', '=', video.id).execute();
  await db.insertInto('loudness').values(row).execute();
}
