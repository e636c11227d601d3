import { Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import { decodeIndex, type MediaIndex, obstacleOf } from '@ptsdly/packager';
import type { MediaDatabase, VideoRow } from '../database.ts';
import type { Indexer } from '../indexing/indexer.ts';
import { demuxerOf } from '../indexing/signature.ts';
import type { JobKind, JobSpec } from '../jobs/job-kind.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Library } from '../library/library.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { noTranscoder, type Transcoder } from '../transcoder.ts';
import type { Spool } from '../uploads/spool.ts';
import { gridOf } from './grid.ts';
import { importJob } from './import-job.ts';
import type { JoinedRendition } from './joining.ts';
import { rungOf } from './ladder.ts';
import { loudnessJob } from './loudness-job.ts';
import { renditionIndexOf, renditionOf } from './names.ts';
import { NEEDS_VERSION, needs, rungSource } from './needs.ts';
import { Pieces } from './pieces.ts';
import { beginRendition, renditionJob } from './rendition-job.ts';
import { type RenditionRow, RenditionStore } from './rendition-store.ts';
import { Renditions } from './renditions.ts';
import { soundJob } from './sound-job.ts';
import type { WorkFolder } from './work-folder.ts';

export interface BackgroundOptions {
  readonly db: MediaDatabase;
  readonly library: Library;
  readonly storage: LocalStorage;
  readonly spool: Spool;
  readonly work: WorkFolder;
  /** The server's own. */
  readonly folder: string;
  /** Called when a video has become playable, with its index. */
  readonly onPlayable: (row: VideoRow, index: Uint8Array) => void;
  readonly indexer: Indexer;
  readonly presentations: Presentations;
  /** Undefined where nothing can be made. */
  readonly transcoder: Transcoder | undefined;
  readonly jobs: () => Jobs;
  /** Called when a rendition of a video is ready, for those who play it. */
  readonly onReady: (row: RenditionRow) => void;
  readonly log: Logger;
}

/** What is made of originals in the background: decides what, keeps what was made, and takes it away again. */
export class Background {
  readonly renditions: Renditions;
  readonly kinds: readonly JobKind[];
  readonly #options: BackgroundOptions;
  readonly #store: RenditionStore;
  readonly #pieces: Pieces;

  constructor(options: BackgroundOptions) {
    const { db, storage, work, indexer, jobs } = options;
    this.#options = options;
    this.#store = new RenditionStore(db);
    this.#pieces = new Pieces({ storage, work, indexer });
    const [store, pieces] = [this.#store, this.#pieces];
    this.renditions = new Renditions({
      ...{ store, pieces, storage, work },
      hurry: async ({ video, kind, height, width }) => {
        const lines = Math.min(width, height);
        const job = [video, 'rendition', { height: lines }] as const;
        if (kind !== 'video' || !jobs().isPending(...job)) return false;
        await jobs().hurry(...job);
        return true;
      },
    });
    const transcoder = options.transcoder ?? noTranscoder;
    const made = {
      ...{ ...options, transcoder, store, pieces, renditions: this.renditions },
      keep: (row: RenditionRow, joined: JoinedRendition) => this.#keep(row, joined),
      onReady: (row: RenditionRow) => this.#ready(row),
    };
    this.kinds = [importJob(made), renditionJob(made), soundJob(made), loudnessJob(made)].map((kind) =>
      this.#essential(kind),
    );
  }

  /** Has a file that nobody here can read put into a container that we can; false when nothing can be done about it. */
  async importUnread(id: string, start: Uint8Array): Promise<boolean> {
    const { transcoder, jobs, library } = this.#options;
    const demuxer = demuxerOf(start);
    if (!transcoder || !demuxer) return false;
    await jobs().add(id, [{ kind: 'import', params: { demuxer } }]);
    const [job] = jobs().of(id);
    if (job?.state === 'failed') return false;
    await library.importing(id);
    return true;
  }

  /** Queues what a video needs; the renditions without which it would not play are announced at once. */
  async plan(row: VideoRow): Promise<void> {
    const { presentations, jobs, db, library, transcoder } = this.#options;
    const { index } = await presentations.get(row);
    if (!transcoder) {
      const obstacle = this.#obstacleIn(index);
      if (obstacle !== undefined) await library.notConverted(row.id, 'unsupported_codec', obstacle);
      return;
    }
    const specs = needs(index);
    if (index.video && index.video.browser !== 'yes') await this.#announce(row, specs);
    await jobs().add(row.id, specs);
    await db.deleteFrom('job_plans').where('video', '=', row.id).execute();
    await db.insertInto('job_plans').values({ video: row.id, version: NEEDS_VERSION }).execute();
  }

  /** Why nobody could play what has this index, whatever is made of it here; undefined where somebody could. */
  obstacle(index: Uint8Array): string | undefined {
    return this.#options.transcoder ? undefined : this.#obstacleIn(decodeIndex(index));
  }

  #obstacleIn(index: MediaIndex): string | undefined {
    const plays = index.video
      ? index.video.browser !== 'no'
      : index.audio.some(({ browser }) => browser !== 'no');
    return plays ? undefined : (obstacleOf(index) ?? '');
  }

  /**
   * The owner wants the video in another size. Rejects with `not_playable` without video, `not_playable_yet`, or
   * `conflict` when the original is no larger and is of use as it is.
   */
  async ask(row: VideoRow, lines: number): Promise<void> {
    const { presentations, jobs } = this.#options;
    if (row.failure_code !== null) throw new Problem('not_playable');
    if (!row.playable) throw new Problem('not_playable_yet', { retryAfter: 1 });
    const { index } = await presentations.get(row);
    if (!index.video) throw new Problem('not_playable');
    const { lines: height } = rungOf(rungSource(index), lines);
    if (index.video.browser === 'yes' && height < lines) throw new Problem('conflict');
    await jobs().add(row.id, [{ kind: 'rendition', params: { height } }]);
  }

  /** Clears away what an earlier process left half made; to be called before any job runs. */
  async clean(): Promise<void> {
    const { library, work } = this.#options;
    for (const name of await work.videos()) {
      if (!(await library.find(name))) await work.remove(name);
    }
  }

  /** Plans for videos of earlier times what is needed now, one after another. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const { db, library, log, transcoder } = this.#options;
    if (!transcoder) return;
    const planned = await db
      .selectFrom('job_plans')
      .select('video')
      .where('version', '=', NEEDS_VERSION)
      .execute();
    const known = new Set(planned.map(({ video }) => video));
    for (const row of await library.all()) {
      if (signal.aborted) return;
      if (!row.playable || row.replaces || known.has(row.id)) continue;
      await this.plan(row).catch((err: unknown) => log.warn({ err, videoId: row.id }, 'nothing was planned'));
    }
  }

  /** Everything that was made of a video, and is being made. */
  async forget(video: string): Promise<void> {
    const { jobs, db } = this.#options;
    await jobs().forget(video);
    await this.renditions.forget(video);
    await db.deleteFrom('loudness').where('video', '=', video).execute();
    await db.deleteFrom('job_plans').where('video', '=', video).execute();
  }

  /** EBU R128 of a video; null before it is measured. */
  async loudness(video: string): Promise<{ integrated: number; peak: number } | null> {
    const found = await this.#options.db
      .selectFrom('loudness')
      .select(['integrated', 'peak'])
      .where('video', '=', video)
      .executeTakeFirst();
    return found ?? null;
  }

  async #announce(row: VideoRow, specs: readonly JobSpec[]): Promise<void> {
    const { index } = await this.#options.presentations.get(row);
    const grid = gridOf(index);
    const [first] = specs.filter(({ kind }) => kind === 'rendition');
    if (!grid || !first) return;
    const rung = rungOf(rungSource(index), Number(first.params?.height));
    await beginRendition({ store: this.#store, renditions: this.renditions }, row.id, rung, grid);
  }

  async #keep(row: RenditionRow, { path, index, size, bitRate }: JoinedRendition): Promise<void> {
    const { storage, spool, work } = this.#options;
    await storage.put(renditionIndexOf(row), spool.save(index));
    await storage.put(renditionOf(row), path);
    await this.#store.ready({ ...row, size_bytes: size, bit_rate: bitRate });
    this.#pieces.forget(row.video, row.name);
    await work.remove(row.video, row.name);
  }

  #ready(row: RenditionRow): void {
    this.#options.onReady(row);
  }

  /** A video that plays only by what this kind makes cannot be played when it gives up, and can when it is done. */
  #essential(kind: JobKind): JobKind {
    const { library, presentations } = this.#options;
    if (kind.name === 'loudness' || kind.name === 'import') return kind;
    return {
      ...kind,
      run: async (work) => {
        const { video } = work;
        await kind.run({ ...work, video: { ...video, playable: 1 } });
        if (video.failure_code !== null) await library.converted(video.id);
      },
      gaveUp: async (work, failure) => {
        await kind.gaveUp?.(work, failure);
        const { index } = await presentations.get({ ...work.video, playable: 1 });
        const rows = await this.renditions.of(work.video.id, index);
        const plays = index.video ? index.video.browser !== 'no' : index.audio.some(playsAsItIs);
        const wanted = index.video ? 'rendition' : 'audio';
        if (plays || rows.some(({ state }) => state === 'ready') || kind.name !== wanted) return;
        await library.notConverted(work.video.id, failure.code, failure.detail);
      },
    };
  }
}

const playsAsItIs = ({ browser }: { browser: string }) => browser === 'yes';
