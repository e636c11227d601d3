import { type JobKindName, Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import { type JobKind, type JobSpec, type JobWork, priorities } from '../jobs/job-kind.ts';
import type { Library } from '../library/library.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Storage } from '../storage/storage.ts';
import { TranscodeError } from '../transcoder.ts';
import { SheetMaker, type SheetMakerOptions } from './picture-sheets.ts';
import { Posters, type PostersOptions } from './posters.ts';
import { Storyboards } from './storyboards.ts';

export interface PicturesOptions extends Omit<PostersOptions, 'sheets'>, SheetMakerOptions {
  readonly library: Library;
  readonly storage: Storage;
  readonly presentations: Presentations;
  /** What the pictures of a video are drawn from; undefined while there is nothing. */
  readonly drawnFrom: (video: string, packaged: Packaged) => Promise<Packaged | undefined>;
  /** Queues jobs that are not there yet. */
  readonly queue: (video: string, specs: readonly JobSpec[]) => Promise<void>;
}

/** Posters and storyboards, and the jobs that make them of complete videos. */
export class Pictures {
  readonly posters: Posters;
  readonly storyboards: Storyboards;
  readonly kinds: readonly JobKind[];
  readonly #options: PicturesOptions;

  constructor(options: PicturesOptions) {
    this.#options = options;
    const sheets = new SheetMaker(options);
    this.posters = new Posters({ ...options, sheets });
    this.storyboards = new Storyboards({ ...options, sheets });
    this.kinds = [
      this.#kind('poster', ({ video, signal }, packaged) => this.posters.make(video.id, packaged, signal)),
      this.#kind('storyboard', async ({ video, signal }, packaged) => {
        if (video.storyboard_version === 0) await this.storyboards.make(video, packaged, signal);
      }),
    ];
  }

  /** What every video with a picture gets, once it is complete. */
  async want(video: string): Promise<void> {
    await this.#options.queue(video, [{ kind: 'poster' }, { kind: 'storyboard' }]);
  }

  /** The picture at a moment of a video, in seconds. Rejects with `not_playable`, and `unavailable` where it cannot be drawn. */
  async frame(video: VideoRow, at: number, signal: AbortSignal): Promise<Buffer | undefined> {
    const packaged = await this.#options.presentations.get(video);
    return this.posters.at(packaged, at, signal).catch((cause: unknown) => {
      throw cause instanceof TranscodeError ? new Problem('unavailable', { cause, retryAfter: 5 }) : cause;
    });
  }

  /** The owner wants the server's choice again. Rejects with `not_found`. */
  async releasePoster(video: string): Promise<void> {
    const { poster_version: after, playable } = await this.posters.release(video);
    if (playable) await this.#options.queue(video, [{ kind: 'poster', params: { after } }]);
  }

  #kind(
    name: Extract<JobKindName, 'poster' | 'storyboard'>,
    make: (work: JobWork, packaged: Packaged) => Promise<void>,
  ): JobKind {
    const { presentations, drawnFrom } = this.#options;
    return {
      name,
      priority: priorities[name],
      async run(work) {
        const source = await drawnFrom(work.video.id, await presentations.get(work.video));
        if (source) await make(work, source);
      },
    };
  }
}
