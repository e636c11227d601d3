import { Problem, type VideoDetails } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { VideoRow } from '../database.ts';
import type { Presentations } from '../playback/presentations.ts';
import { readIndex } from '../playback/presentations.ts';
import type { Background } from '../renditions/background.ts';
import type { Storage } from '../storage/storage.ts';
import type { Journal, Trx } from './journal.ts';
import type { Library } from './library.ts';
import { storyboardObjects } from './object-names.ts';
import { tagsOf } from './tags.ts';
import { searchText } from './wording.ts';

/** A file that was replaced can be put back for so long. */
const KEPT_MS = 7 * 86_400_000;

export interface ReplacementsOptions {
  readonly journal: Journal;
  readonly library: Library;
  readonly storage: Storage;
  readonly presentations: Presentations;
  readonly background: Pick<Background, 'forget' | 'obstacle'>;
  /** Runs work while nothing else changes what there is of a video. */
  readonly exclusively: (id: string, work: () => Promise<void>) => Promise<void>;
  /** Deletes a row for good, with its file. */
  readonly remove: (id: string) => Promise<void>;
  /** Has everything made that a video needs, of an index that has just come. */
  readonly prepare: (row: VideoRow, index: Uint8Array) => Promise<unknown>;
  /** Makes the index of a video again. */
  readonly reindex: (id: string) => void;
  /** Tells the players of a video that another file stands there. */
  readonly onReplaced: (id: string) => void;
  readonly log: Logger;
}

type Files = Pick<VideoDetails, 'replacement' | 'former'>;

/** What a row says of its file, and of nothing else. */
const columns = [
  ...(['file_id', 'file_name', 'file_type', 'size_bytes', 'sha256', 'kind', 'movie', 'media_size'] as const),
  ...(['playable', 'failure_code', 'failure_detail', 'duration', 'width', 'height'] as const),
] as const;

/**
 * Another file for a video that keeps its links, statistics, place and words. The new file arrives as a row of its own
 * that no list shows (`replaces`), by the same way as every upload. When its index is made, the two rows exchange what
 * they say of their files, in one transaction; no byte moves. The row that was the new one has the old file then, until
 * it is put back by the same exchange, or its days are over.
 */
export class Replacements {
  readonly #options: ReplacementsOptions;

  constructor(options: ReplacementsOptions) {
    this.#options = options;
  }

  /** A file that is to replace another has its index: it takes the other's place, unless nobody could play it. */
  async take(id: string): Promise<void> {
    const { library, storage, background } = this.#options;
    const row = await library.find(id);
    if (!row?.replaces) return;
    const obstacle = background.obstacle(await readIndex(storage, row.file_id));
    if (obstacle !== undefined) return library.failed(id, 'unsupported_codec', obstacle);
    await this.#exchange(row.replaces, id, (other) => other.playable === 1 && other.kept_until === null);
    for (const older of await this.#beside(row.replaces))
      if (older.kept_until !== null && older.id !== id) await this.#options.remove(older.id);
  }

  /** Puts the file back that stood there before. Rejects with `not_found`. */
  async restore(id: string): Promise<void> {
    const former = (await this.#beside(id)).find(({ kept_until }) => kept_until !== null);
    if (!former) throw new Problem('not_found');
    await this.#exchange(id, former.id, (other) => other.kept_until !== null);
  }

  /** Deletes the file that stood there before, or one that is to come. Rejects with `not_found`. */
  async discard(id: string, which: 'former' | 'replacement'): Promise<void> {
    const rows = (await this.#beside(id)).filter(
      ({ kept_until }) => (kept_until === null) === (which === 'replacement'),
    );
    if (rows.length === 0) throw new Problem('not_found');
    for (const row of rows) await this.#options.remove(row.id);
  }

  /** Another file is about to come: what was on its way is given up. */
  async supersede(id: string): Promise<void> {
    for (const row of await this.#beside(id)) if (row.kept_until === null) await this.#options.remove(row.id);
  }

  /** The video is gone, and with it every other file that it had. */
  async forget(id: string): Promise<void> {
    for (const row of await this.#beside(id)) await this.#options.remove(row.id);
  }

  /** What there is beside the file of a video. */
  async of(id: string): Promise<Files> {
    const rows = await this.#beside(id);
    const coming = rows.find(({ kept_until }) => kept_until === null);
    const former = rows.find(({ kept_until }) => kept_until !== null);
    return {
      replacement: coming ? describeComing(this.#options.library, coming) : null,
      former: former
        ? {
            fileName: former.file_name,
            sizeBytes: former.size_bytes,
            sha256: former.sha256,
            keptUntil: former.kept_until ?? '',
          }
        : null,
    };
  }

  /**
   * Goes on where something has ended an exchange, before it or before everything was made anew, and deletes for good
   * what has been kept for long enough.
   */
  async sweep(): Promise<void> {
    const { journal, log } = this.#options;
    const rows = await journal.db
      .selectFrom('videos')
      .selectAll()
      .where((eb) => eb.or([eb('replaces', '!=', ''), eb('processing', '=', 'queued')]))
      .execute();
    for (const row of rows) {
      await this.#attend(row).catch((err: unknown) =>
        log.error({ err, videoId: row.id }, 'a file could not be put in its place'),
      );
    }
  }

  async #attend(row: VideoRow): Promise<void> {
    const { library, remove, exclusively } = this.#options;
    if (!row.replaces) return exclusively(row.id, () => this.#renew(row.id));
    const isOver = row.kept_until !== null && row.kept_until <= new Date().toISOString();
    if (isOver || !(await library.find(row.replaces))) return remove(row.id);
    if (row.playable === 1 && row.kept_until === null) await this.take(row.id);
  }

  #beside(id: string): Promise<VideoRow[]> {
    const { db } = this.#options.journal;
    return db.selectFrom('videos').selectAll().where('replaces', '=', id).orderBy('id', 'desc').execute();
  }

  async #exchange(id: string, otherId: string, may: (other: VideoRow) => boolean): Promise<void> {
    const { journal, exclusively } = this.#options;
    await exclusively(id, async () => {
      const { isDone } = await journal.write(async (trx) => {
        const [row, other] = [await findIn(trx, id), await findIn(trx, otherId)];
        if (!row || other?.replaces !== id || !may(other)) return { isDone: false };
        await exchangeIn(trx, row, other);
        return { isDone: true, videos: [id], news: [{ type: 'card', videoId: id } as const] };
      });
      if (isDone) await this.#renew(id);
    });
  }

  /** Takes away what was made of the file before, and has it made of this one. Can be repeated. */
  async #renew(id: string): Promise<void> {
    const { library, storage, presentations, background, prepare, reindex, onReplaced, log } = this.#options;
    if ((await library.find(id))?.processing !== 'queued') return; // done, or gone
    await background.forget(id);
    presentations.forget(id);
    for (const name of storyboardObjects(id)) await storage.remove(name);
    const row = await library.require(id);
    onReplaced(id);
    if (row.playable === 0) return library.prepared(id);
    try {
      await prepare(row, await readIndex(storage, row.file_id));
      await library.prepared(id);
    } catch (err) {
      log.warn({ err, videoId: id }, 'the index of a file has to be made again');
      reindex(id);
    }
  }
}

const findIn = (trx: Trx, id: string) =>
  trx.selectFrom('videos').selectAll().where('id', '=', id).executeTakeFirst();

async function exchangeIn(trx: Trx, row: VideoRow, other: VideoRow): Promise<void> {
  const { title, description } = row;
  const change = {
    ...fileOf(other),
    ...({ processing: 'queued', storyboard_version: 0, kept_until: null } as const),
    search_text: searchText({ title, description, fileName: other.file_name, tags: tagsOf(row) }),
  };
  const kept = { ...fileOf(row), kept_until: new Date(Date.now() + KEPT_MS).toISOString() };
  await trx.updateTable('videos').set(change).where('id', '=', row.id).execute();
  await trx.updateTable('videos').set(kept).where('id', '=', other.id).execute();
}

const fileOf = (row: VideoRow) =>
  Object.fromEntries(columns.map((column) => [column, row[column]])) as Pick<
    VideoRow,
    (typeof columns)[number]
  >;

function describeComing(library: Library, row: VideoRow): Files['replacement'] {
  const { id, fileName, sizeBytes, receivedBytes, failure } = library.describe(row);
  return { uploadId: id, fileName, sizeBytes, receivedBytes, failure };
}
