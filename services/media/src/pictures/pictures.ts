import type { Logger } from '@ptsdly/kit';
import type { Library } from '../library/library.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Storage } from '../storage/storage.ts';
import { TranscodeError, type Transcoder } from '../transcoder.ts';
import type { Spool } from '../uploads/spool.ts';
import { SheetMaker } from './picture-sheets.ts';
import { Posters } from './posters.ts';
import { Storyboards } from './storyboards.ts';

export interface PicturesOptions {
  /** The server's own folder. */
  readonly folder: string;
  readonly library: Library;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly presentations: Presentations;
  readonly transcoder: Transcoder;
  /** What is known of a video that is still arriving. */
  readonly arriving: (id: string) => Packaged | undefined;
  readonly log: Logger;
}

/** Posters and storyboards; those of complete videos are made in the background, one video at a time. */
export class Pictures {
  readonly posters: Posters;
  readonly storyboards: Storyboards;
  readonly #options: PicturesOptions;
  readonly #stop = new AbortController();
  #queue: Promise<void> = Promise.resolve();

  constructor(options: PicturesOptions) {
    this.#options = options;
    const sheets = new SheetMaker(options);
    this.posters = new Posters({ ...options, sheets });
    this.storyboards = new Storyboards({ ...options, sheets });
  }

  /** What a video lacks: a poster of ours, then a storyboard. */
  make(id: string): void {
    this.#queue = this.#queue
      .then(() => this.#make(id))
      .catch((err: unknown) => {
        if (this.#stop.signal.aborted) return;
        const { log } = this.#options;
        if (isUnavailable(err)) log.debug({ videoId: id }, 'no pictures without ffmpeg');
        else log.warn({ err, videoId: id }, 'no pictures of a video');
      });
  }

  /** The owner wants the server's choice again. Rejects with `not_found`. */
  async releasePoster(id: string): Promise<void> {
    await this.posters.release(id);
    this.make(id);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#queue;
    await this.posters.close();
  }

  async #make(id: string): Promise<void> {
    const { signal } = this.#stop;
    const { library, presentations } = this.#options;
    const row = await library.find(id);
    if (!row?.playable || signal.aborted) return;
    const packaged = await presentations.get(row);
    if (row.poster !== 'server' && row.poster !== 'owner') await this.posters.make(id, packaged, signal);
    if (row.storyboard_version === 0) await this.storyboards.make(row, packaged, signal);
  }
}

const isUnavailable = (error: unknown) => error instanceof TranscodeError && error.reason === 'unavailable';
