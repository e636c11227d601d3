import { type JobKindName, Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import { decodeIndex, keyPictures, type MediaIndex, obstacleOf } from '@ptsdly/packager';
import type { MediaDatabase, VideoRow } from '../database.ts';
import type { Indexer } from '../indexing/indexer.ts';
import { demuxerOf, SIGNATURE_BYTES } from '../indexing/signature.ts';
import type { JobKind, JobParams, JobSpec } from '../jobs/job-kind.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Library } from '../library/library.ts';
import { originalOf } from '../library/object-names.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { noTranscoder, type Transcoder } from '../transcoder.ts';
import type { Spool } from '../uploads/spool.ts';
import type { Demand } from './demand.ts';
import { essential } from './essential.ts';
import { gridOf } from './grid.ts';
import { importJob } from './import-job.ts';
import type { JoinedRendition } from './joining.ts';
import { rungOf } from './ladder.ts';
import { loudnessJob } from './loudness-job.ts';
import { renditionIndexOf, renditionOf, soundTrackOf } from './names.ts';
import { NEEDS_VERSION, needs, rungSource } from './needs.ts';
import { Pieces } from './pieces.ts';
import { beginRendition, renditionJob } from './rendition-job.ts';
import { RenditionStore } from './rendition-store.ts';
import { Renditions } from './renditions.ts';
import type { RenditionRow } from './rows.ts';
import { beginSound, soundJob } from './sound-job.ts';
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
  /** Queues what is drawn of a video. */
  readonly draw: (video: string) => Promise<void>;
  /** Undefined where nothing can be made. */
  readonly transcoder: Transcoder | undefined;
  readonly jobs: () => Jobs;
  readonly demand: () => Pick<Demand, 'forget'>;
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
      hurry: async (row) => {
        const { kind, params } = jobOf(row);
        if (!jobs().isPending(row.video, kind, params)) return false;
        await jobs().hurry(row.video, kind, params);
        return true;
      },
    });
    const transcoder = options.transcoder ?? noTranscoder;
    const made = {
      ...{ ...options, transcoder, store, pieces, renditions: this.renditions },
      decodeOriginal: (row: VideoRow) => this.#decodeOriginal(row),
      keep: (row: RenditionRow, joined: JoinedRendition) => this.#keep(row, joined),
      onReady: (row: RenditionRow) => this.#ready(row),
    };
    this.kinds = [
      importJob(made),
      loudnessJob(made),
      ...[renditionJob(made), soundJob(made)].map((kind) => essential(kind, made)),
    ];
  }

  /** Has a file that nobody here can read put into a container that we can; false when nothing can be done about it. */
  async importUnread(id: string, start: Uint8Array, code: string): Promise<boolean> {
    const { transcoder, jobs, library } = this.#options;
    const demuxer = demuxerOf(start, code);
    if (!transcoder || !demuxer) return false;
    // an index that was lost is made again in the same way, a file that could not be read stays so
    await jobs().clear(id, ({ kind, state }) => kind === 'import' && state === 'done');
    // edits of many pieces are played by ffmpeg, and shown by no packet
    const params: JobParams = code === 'unsupported_edit_list' ? { demuxer, decode: 1 } : { demuxer };
    await jobs().add(id, [{ kind: 'import', params }]);
    if (!jobs().isPending(id, 'import')) return false;
    await library.importing(id);
    return true;
  }

  /** Queues what a video needs; the renditions without which it would not play are announced at once. */
  async plan(row: VideoRow): Promise<void> {
    const { presentations, jobs, db, library, transcoder, draw } = this.#options;
    const { index } = await presentations.get(row);
    if (index.video && !index.outside) await draw(row.id); // else when there is a rendition to draw from
    if (!transcoder) {
      const obstacle = this.#obstacleIn(index);
      if (obstacle !== undefined) await library.notConverted(row.id, 'unsupported_codec', obstacle);
      return;
    }
    const specs = needs(index);
    await this.#announce(row, index, specs);
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
    const { jobs, demand, db } = this.#options;
    await jobs().forget(video);
    await demand().forget(video);
    await this.renditions.forget(video);
    await db.deleteFrom('loudness').where('video', '=', video).execute();
    await db.deleteFrom('job_plans').where('video', '=', video).execute();
  }

  /** What pictures of a video are drawn from: its own sync samples or, of one that only a decoder reads, a rendition's. */
  async drawnFrom(video: string, packaged: Packaged): Promise<Packaged | undefined> {
    const { index } = packaged;
    if (!index.outside) return packaged;
    const rows = await this.renditions.of(video, index);
    const row = rows.find(({ kind, state }) => kind === 'video' && state === 'ready');
    if (!row) return undefined;
    const { index: made, source } = await this.renditions.whole(row, index);
    const picture = { width: row.width, height: row.height, toneMap: 'none' } as const;
    return { ...packaged, source, picture, keyPictures: (options) => keyPictures(made, options) };
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

  /** Sessions that begin from now on list what they cannot do without, and whoever plays it has it made first. */
  async #announce(row: VideoRow, index: MediaIndex, specs: readonly JobSpec[]): Promise<void> {
    const made = { store: this.#store, renditions: this.renditions };
    const wanted = specs.filter((spec) => !this.#hasGivenUp(row.id, spec));
    const grid = gridOf(index);
    const first = wanted.find(({ kind }) => kind === 'rendition');
    if (grid && first && index.video?.browser !== 'yes') {
      await beginRendition(made, row.id, rungOf(rungSource(index), Number(first.params?.height)), grid);
    }
    for (const { kind, params } of wanted) {
      if (kind === 'audio') await beginSound(made, row.id, index, Number(params?.track));
    }
  }

  /** What was to be decoded from packets of ours cannot be: from now on the original itself is. False when it already was. */
  async #decodeOriginal(row: VideoRow): Promise<boolean> {
    const { storage, presentations, jobs, library } = this.#options;
    const { index } = await presentations.get({ ...row, playable: 1 });
    const start = new Uint8Array(Math.min(SIGNATURE_BYTES, row.size_bytes));
    await storage.read(originalOf(row.file_id), 0, start);
    const demuxer = demuxerOf(start, 'corrupt');
    if (index.outside || !demuxer) return false;
    const made: readonly string[] = ['rendition', 'audio', 'loudness'];
    await jobs().clear(row.id, ({ kind, state }) => made.includes(kind) && state !== 'running');
    await jobs().add(row.id, [{ kind: 'import', params: { demuxer, decode: 1 } }]);
    if (!jobs().isPending(row.id, 'import')) return false;
    await library.importing(row.id);
    return true;
  }

  #hasGivenUp(video: string, { kind, params }: JobSpec): boolean {
    return this.#options.jobs().hasEnded(video, kind, params);
  }

  async #keep(row: RenditionRow, { path, index, size, bitRate }: JoinedRendition): Promise<void> {
    const { storage, spool, work } = this.#options;
    await storage.put(renditionIndexOf(row), spool.save(index));
    await storage.put(renditionOf(row), path);
    await this.#store.ready({ ...row, size_bytes: size, bit_rate: bitRate });
    this.#pieces.forget(row.video, row.name);
    await work.remove(row.video, row.name);
  }

  async #ready(row: RenditionRow): Promise<void> {
    const { onReady, presentations, draw } = this.#options;
    onReady(row);
    if (row.kind === 'video' && (await presentations.known(row.video))?.index.outside) await draw(row.video);
  }
}

/** The job that makes a rendition. */
function jobOf({ kind, name, width, height }: RenditionRow): { kind: JobKindName; params: JobParams } {
  if (kind === 'video') return { kind: 'rendition', params: { height: Math.min(width, height) } };
  return { kind: 'audio', params: { track: soundTrackOf(name) ?? 0 } };
}
