import { type HandlerInput, type mediaApi, Problem, type Video, type VideoJob } from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { MediaDatabase, VideoRow } from '../database.ts';
import { processingOf } from '../jobs/processing.ts';
import type { HostNews, Journal, Trx } from './journal.ts';
import { ownerOf } from './object-names.ts';
import { distinctTags, tagsOf, writeTags } from './tags.ts';
import { kindOf, searchText, titleKey } from './wording.ts';

/** What an upload announces of itself. */
export interface Announcement {
  readonly title: string;
  readonly fileName: string;
  readonly fileType: string;
  /** Bytes; null when nobody knows yet. */
  readonly size: number | null;
  /** The top of the library where it is none, or one that is gone. */
  readonly folderId?: string;
  /** The video whose file this is to become. */
  readonly replaces?: string;
}

/** What the index tells of a video. */
export interface Shape {
  /** Seconds; null while the end is to come. */
  readonly duration: number | null;
  readonly width: number | null;
  readonly height: number | null;
}

export interface LibraryOptions {
  readonly journal: Journal;
  readonly quotaBytes: number;
  /** URL of this server, for the URLs in its answers. */
  readonly url: string;
  /** Bytes that have arrived of an upload. */
  readonly received: (id: string) => number;
  /** Seconds that can be played of a video while it arrives; null while nobody knows. */
  readonly playableUntil: (id: string) => number | null;
  /** What is being made for a video, and what could not be made. */
  readonly jobs: (id: string) => readonly VideoJob[];
}

type Change = HandlerInput<typeof mediaApi.updateVideo>['body'];

/** The videos of this server: the rows, their rules, and what they look like from outside. */
export class Library {
  readonly #options: LibraryOptions;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /**
   * A video that is to come, or a file that is to take the place of another one's; its bytes are reserved. Rejects
   * with `quota_exceeded`; `not_found` or `conflict` where there is no such file to replace.
   */
  async create(announced: Announcement): Promise<VideoRow> {
    const { title, fileName, replaces = '' } = announced;
    const id = newId();
    const row: VideoRow = {
      id,
      file_id: id,
      replaces,
      kept_until: null,
      title,
      file_name: fileName,
      file_type: announced.fileType,
      size_bytes: announced.size ?? 0,
      deferred: announced.size === null ? 1 : 0,
      upload: 'receiving',
      sha256: null,
      playable: 0,
      processing: 'none',
      failure_code: null,
      failure_detail: null,
      duration: null,
      width: null,
      height: null,
      poster: null,
      movie: null,
      media_size: null,
      poster_version: 0,
      storyboard_version: 0,
      created_at: new Date().toISOString(),
      description: '',
      folder_id: replaces ? '' : (announced.folderId ?? ''),
      tags: '[]',
      favorite: 0,
      trashed_at: null,
      trashed_with: '',
      resume_at: null,
      played_at: null,
      title_key: titleKey(title),
      search_text: searchText({ title, fileName, description: '', tags: [] }),
      kind: kindOf(fileName),
    };
    await this.#options.journal.write(async (trx) => {
      if ((await sumSizes(trx)) + row.size_bytes > this.#options.quotaBytes) {
        throw new Problem('quota_exceeded');
      }
      if (row.folder_id !== '') await orTop(trx, row);
      if (replaces) await requireReplaceable(trx, replaces);
      await trx.insertInto('videos').values(row).execute();
      return { videos: [row.id], news: [{ type: 'usage' }] };
    });
    return row;
  }

  /**
   * Reserves `size` bytes for an upload that did not tell its length at first; `final` when this is the length.
   * Rejects with `quota_exceeded`.
   */
  async reserve(id: string, size: number, final: boolean): Promise<void> {
    await this.#options.journal.write(async (trx) => {
      const row = await findIn(trx, id);
      if (!row) throw new Problem('not_found');
      if ((await sumSizes(trx)) - row.size_bytes + size > this.#options.quotaBytes) {
        throw new Problem('quota_exceeded');
      }
      const change = { size_bytes: size, deferred: final ? 0 : 1 };
      await trx.updateTable('videos').set(change).where('id', '=', id).execute();
      return { videos: [id], news: [{ type: 'usage' }] };
    });
  }

  /** Bytes that may still be reserved. */
  async room(): Promise<number> {
    return Math.max(0, this.#options.quotaBytes - (await this.usedBytes()));
  }

  async find(id: string): Promise<VideoRow | undefined> {
    return this.db.selectFrom('videos').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Rejects with `not_found`. */
  async require(id: string): Promise<VideoRow> {
    const row = await this.find(id);
    if (!row) throw new Problem('not_found');
    return row;
  }

  async all(): Promise<VideoRow[]> {
    return this.db.selectFrom('videos').selectAll().orderBy('id', 'desc').execute();
  }

  /** The uploads that are not complete. */
  async receiving(): Promise<VideoRow[]> {
    return this.db.selectFrom('videos').selectAll().where('upload', '=', 'receiving').execute();
  }

  async get(id: string): Promise<Video> {
    const row = await this.require(id);
    if (row.replaces) throw new Problem('not_found');
    return this.describe(row);
  }

  /** Bytes of a file, whichever video has it now. */
  async sizeOf(file: string): Promise<number | undefined> {
    const found = this.db.selectFrom('videos').select('size_bytes').where('file_id', '=', file);
    return (await found.executeTakeFirst())?.size_bytes;
  }

  /** Whether somebody has the object of this name in the storage. */
  async owns(name: string): Promise<boolean> {
    const { id, isFile } = ownerOf(name);
    const column = isFile ? 'file_id' : 'id';
    return (await this.db.selectFrom('videos').select('id').where(column, '=', id).execute()).length > 0;
  }

  /** Rejects with `not_found`, of the video or of the folder. */
  async change(id: string, change: Change): Promise<Video> {
    const { title, description, folderId, tags, favorite } = change;
    const { row } = await this.#options.journal.write(async (trx) => {
      const before = await findIn(trx, id);
      if (!before) throw new Problem('not_found');
      if (folderId) await requireFolder(trx, folderId);
      const row: VideoRow = {
        ...before,
        ...(title !== undefined && { title, title_key: titleKey(title) }),
        ...(description !== undefined && { description }),
        ...(folderId !== undefined && { folder_id: folderId ?? '' }),
        ...(favorite !== undefined && { favorite: favorite ? 1 : 0 }),
      };
      await trx.updateTable('videos').set(row).where('id', '=', id).execute();
      const named = tags ? distinctTags(tags) : tagsOf(row);
      await writeTags(trx, row, named);
      const news: HostNews[] = row.title === before.title ? [] : [{ type: 'card', videoId: id }];
      return { row: { ...row, tags: JSON.stringify(named) }, videos: [id], news };
    });
    return this.describe(row);
  }

  /** An upload cannot go on; it stays as it is until it is deleted or expires. */
  async stuck(id: string, code: string, detail: string): Promise<void> {
    await this.#update(id, { failure_code: code, failure_detail: detail.slice(0, 500) });
  }

  /** Where the owner has stopped, in seconds; null at the end. Rejects with `not_found`. */
  async watched(id: string, at: number | null): Promise<void> {
    if (!(await this.#update(id, { resume_at: at, played_at: new Date().toISOString() }))) {
      throw new Problem('not_found');
    }
  }

  /** All bytes are in place. */
  async complete(id: string, sha256: string | null): Promise<void> {
    await this.#update(id, { upload: 'complete', sha256, processing: 'running' });
  }

  /** Of a file, whichever video has it now. */
  async hashed(file: string, sha256: string): Promise<void> {
    const row = await this.db
      .selectFrom('videos')
      .select('id')
      .where('file_id', '=', file)
      .executeTakeFirst();
    if (row) await this.#update(row.id, { sha256 });
  }

  /** The index of a video that is still arriving is there. Undefined when the upload has ended. */
  async announced(id: string, movie: string | null, shape: Shape): Promise<VideoRow | undefined> {
    const row = await this.find(id);
    if (row?.upload !== 'receiving') return undefined;
    return this.#update(id, { movie, ...whole(shape) }, [{ type: 'card', videoId: id }]);
  }

  async playable(id: string, movie: string | null, shape: Shape): Promise<VideoRow | undefined> {
    const state = { playable: 1, processing: 'none', failure_code: null, failure_detail: null } as const;
    return this.#update(id, { ...state, movie, ...whole(shape) }, [{ type: 'card', videoId: id }]);
  }

  async failed(id: string, code: string, detail: string): Promise<void> {
    const failure = { failure_code: code, failure_detail: detail.slice(0, 500) };
    const state = { playable: 0, processing: 'none', movie: null } as const;
    const shape = { duration: null, width: null, height: null };
    await this.#update(id, { ...state, ...shape, ...failure }, [{ type: 'card', videoId: id }]);
  }

  /** What has to be made anew of a file that was replaced is on its way. */
  async prepared(id: string): Promise<void> {
    await this.#update(id, { processing: 'none' });
  }

  /** The file has to be put into another container before anything is known of it. */
  async importing(id: string): Promise<void> {
    const nothing = { failure_code: null, failure_detail: null, movie: null } as const;
    await this.#update(id, { playable: 0, processing: 'none', ...nothing });
  }

  /** It was; `size` are the bytes of what is played in its place, null where it is the original after all. */
  async imported(id: string, size: number | null, shape: Shape): Promise<VideoRow | undefined> {
    await this.#update(id, { media_size: size });
    return this.playable(id, null, shape);
  }

  /** What would have made a video playable could not be made. */
  async notConverted(id: string, code: string, detail: string): Promise<void> {
    await this.#update(id, { playable: 0, failure_code: code, failure_detail: detail.slice(0, 500) });
  }

  /** It was made after all. */
  async converted(id: string): Promise<void> {
    await this.#update(id, { playable: 1, failure_code: null, failure_detail: null });
  }

  /** False when the video is gone. */
  async posted(id: string, poster: VideoRow['poster'], version: number): Promise<boolean> {
    const row = await this.#update(id, { poster, poster_version: version }, [{ type: 'card', videoId: id }]);
    return row !== undefined;
  }

  /** False when the video is gone. */
  async storyboarded(id: string, version: number): Promise<boolean> {
    return (await this.#update(id, { storyboard_version: version })) !== undefined;
  }

  /** The row as it was; undefined when there was none. */
  async remove(id: string): Promise<VideoRow | undefined> {
    const { row } = await this.#options.journal.write(async (trx) => {
      const row = await findIn(trx, id);
      await trx.deleteFrom('videos').where('id', '=', id).execute();
      for (const table of ['video_tags', 'subtitles', 'chapters'] as const) {
        await trx.deleteFrom(table).where('video_id', '=', id).execute();
      }
      if (!row) return { row };
      const news: HostNews[] = [{ type: 'usage' }];
      if (row.replaces) return { row, videos: [row.replaces], news };
      return { row, removed: [id], news: [...news, { type: 'video.deleted', videoId: id } as const] };
    });
    return row;
  }

  /** Bytes of all videos, those that are still arriving with the size they announced. */
  async usedBytes(): Promise<number> {
    return sumSizes(this.db);
  }

  describe(row: VideoRow): Video {
    const complete = row.upload === 'complete';
    const { failure_code: code, failure_detail: detail } = row;
    const jobs = this.#options.jobs(row.id);
    const isSettled = row.playable === 1 || code !== null;
    const until = isSettled ? null : this.#options.playableUntil(row.id) || null;
    return {
      id: row.id,
      title: row.title,
      fileName: row.file_name,
      upload: row.upload,
      receivedBytes: complete ? row.size_bytes : this.#options.received(row.id),
      sizeBytes: row.size_bytes,
      sha256: row.sha256,
      playable: row.playable === 1 || until !== null,
      playableUntil: until,
      ...processingOf(row, jobs),
      jobs: [...jobs],
      failure: code === null ? null : { code, detail: detail ?? '' },
      duration: row.duration,
      width: row.width,
      height: row.height,
      posterUrl: row.poster ? `${this.#options.url}/videos/${row.id}/poster?v=${row.poster_version}` : null,
      posterBy: row.poster === 'early' ? 'server' : row.poster,
      storyboardUrl:
        row.storyboard_version > 0
          ? `${this.#options.url}/videos/${row.id}/storyboard/list.vtt?v=${storyboardName(row)}`
          : null,
      createdAt: row.created_at,
      description: row.description,
      folderId: row.folder_id || null,
      tags: tagsOf(row),
      favorite: row.favorite === 1,
      trashedAt: row.trashed_at,
      resumeAt: row.resume_at,
      playedAt: row.played_at,
    };
  }

  get db(): MediaDatabase {
    return this.#options.journal.db;
  }

  async #update(
    id: string,
    change: Partial<VideoRow>,
    news: readonly HostNews[] = [],
  ): Promise<VideoRow | undefined> {
    const { row } = await this.#options.journal.write(async (trx) => {
      await trx.updateTable('videos').set(change).where('id', '=', id).execute();
      const row = await findIn(trx, id);
      return { row, videos: row ? [id] : [], news: row && !row.replaces ? news : [] };
    });
    return row;
  }
}

/** Of one storyboard of one file. */
export const storyboardName = ({ id, file_id, storyboard_version: version }: VideoRow): string =>
  file_id === id ? `${version}` : `${file_id}-${version}`;

/** Rejects with `not_found`, or with `conflict` where the file is still arriving or lies in the trash. */
async function requireReplaceable(trx: Trx, id: string): Promise<void> {
  const row = await findIn(trx, id);
  if (!row || row.replaces) throw new Problem('not_found', { detail: 'There is no such video.' });
  if (row.upload !== 'complete' || row.trashed_at !== null) throw new Problem('conflict');
}

const findIn = (trx: Trx, id: string): Promise<VideoRow | undefined> =>
  trx.selectFrom('videos').selectAll().where('id', '=', id).executeTakeFirst();

/** Rejects with `not_found` where there is no such folder, or it lies in the trash. */
export async function requireFolder(trx: Trx, id: string): Promise<void> {
  const found = await trx
    .selectFrom('folders')
    .select('id')
    .where('id', '=', id)
    .where('trashed_at', 'is', null)
    .executeTakeFirst();
  if (!found) throw new Problem('not_found', { detail: 'There is no such folder.' });
}

/** A folder may have gone while its files waited for their turn; they come to the top then. */
async function orTop(trx: Trx, row: VideoRow): Promise<void> {
  await requireFolder(trx, row.folder_id).catch(() => {
    row.folder_id = '';
  });
}

/** Pixels as whole numbers; none for sound alone. */
function whole({ duration, width, height }: Shape): Shape {
  return { duration, width: Math.round(width ?? 0) || null, height: Math.round(height ?? 0) || null };
}

async function sumSizes(db: MediaDatabase | Trx): Promise<number> {
  const { used } = await db
    .selectFrom('videos')
    .select(({ fn }) => fn.sum<number | null>('size_bytes').as('used'))
    .executeTakeFirstOrThrow();
  return Number(used ?? 0);
}
