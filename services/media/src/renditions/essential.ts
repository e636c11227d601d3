import type { MediaIndex } from '@ptsdly/packager';
import type { VideoRow } from '../database.ts';
import type { JobFailure, JobKind } from '../jobs/job-kind.ts';
import { outcomeOf } from '../jobs/job-outcome.ts';
import type { Library } from '../library/library.ts';
import type { Presentations } from '../playback/presentations.ts';
import { TranscodeError } from '../transcoder.ts';
import type { Renditions } from './renditions.ts';

export interface EssentialOptions {
  readonly library: Library;
  readonly presentations: Presentations;
  readonly renditions: Renditions;
  /** Has it decoded from the original itself instead; false when that makes no difference. */
  readonly decodeOriginal: (video: VideoRow) => Promise<boolean>;
}

/**
 * A kind of job by which alone some videos play: such a one cannot be played once the job has given up, nor while there
 * is no ffmpeg to do it, and can be when it is done after all.
 */
export function essential(kind: JobKind, options: EssentialOptions): JobKind {
  const { library } = options;
  const refuse = async (video: VideoRow, failure: JobFailure) => {
    if (!(await playsWithout(kind, video, options))) {
      await library.notConverted(video.id, failure.code, failure.detail);
    }
  };
  return {
    ...kind,
    async run(work) {
      const { video } = work;
      try {
        await kind.run({ ...work, video: { ...video, playable: 1 } });
      } catch (error) {
        if (isMissing(error)) {
          await kind.gaveUp?.(work, outcomeOf(error, 1)); // what was announced is not coming
          await refuse(video, outcomeOf(error, 1));
        }
        throw error;
      }
      if (video.failure_code !== null) await library.converted(video.id);
    },
    async gaveUp(work, failure) {
      await kind.gaveUp?.(work, failure);
      const { video } = work;
      if (await playsWithout(kind, video, options)) return;
      if (failure.code === 'cannot_decode' && (await options.decodeOriginal(video))) return;
      await refuse(video, failure);
    },
  };
}

/** Whether there is no ffmpeg, for sure. */
export function isMissing(error: unknown): boolean {
  return error instanceof TranscodeError && error.reason === 'unavailable';
}

async function playsWithout(
  kind: JobKind,
  video: VideoRow,
  { presentations, renditions }: EssentialOptions,
): Promise<boolean> {
  const { index } = await presentations.get({ ...video, playable: 1 });
  if (kind.name !== makerOf(index) || playsAsItIs(index)) return true;
  const rows = await renditions.of(video.id, index);
  return rows.some(({ state }) => state === 'ready');
}

const makerOf = ({ video }: MediaIndex) => (video ? 'rendition' : 'audio');

function playsAsItIs({ video, audio }: MediaIndex): boolean {
  return video ? video.browser !== 'no' : audio.some(({ browser }) => browser === 'yes');
}
