import { type Folder, Problem } from '@ptsdly/contract';
import type { FolderRow, VideoRow } from '../database.ts';
import { FolderTree } from './folder-tree.ts';
import { describe } from './folders.ts';
import type { HostNews, Journal, Trx } from './journal.ts';
import { normalise } from './wording.ts';

export const TRASH_DAYS = 30;
const DAY_MS = 86_400_000;

export interface TrashOptions {
  readonly journal: Journal;
  /** Ends what is being shown of these videos now. */
  readonly onPutAway: (ids: ReadonlySet<string>) => void;
  /** Deletes a video for good. */
  readonly deleteVideo: (id: string) => Promise<void>;
}

/**
 * What the owner has thrown away and may want back. It plays for nobody, counts towards the quota, keeps its links,
 * and is deleted after 30 days. Which videos these are is also kept in memory: every request of a play session asks.
 */
export class Trash {
  readonly #options: TrashOptions;
  readonly #ids = new Set<string>();

  private constructor(options: TrashOptions) {
    this.#options = options;
  }

  static async load(options: TrashOptions): Promise<Trash> {
    const trash = new Trash(options);
    for (const { id } of await trash.#rows()) trash.#ids.add(id);
    return trash;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** What lies there already stays as it is. */
  async put(ids: readonly string[]): Promise<void> {
    await this.#options.journal.write(async (trx) => {
      const change = { trashed_at: new Date().toISOString(), trashed_with: '' };
      await trx
        .updateTable('videos')
        .set(change)
        .where('id', 'in', ids)
        .where('trashed_at', 'is', null)
        .execute();
      return { videos: ids, folders: true, news: cards(ids) };
    });
    this.#away(ids);
  }

  /** Back to where they were; a folder that has gone with them comes back too. */
  async restore(ids: readonly string[]): Promise<void> {
    await this.#options.journal.write(async (trx) => {
      const rows = await trx
        .selectFrom('videos')
        .select(['id', 'folder_id'])
        .where('id', 'in', ids)
        .execute();
      for (const { id, folder_id } of rows) {
        const back = { trashed_at: null, trashed_with: '', folder_id: await revive(trx, folder_id) };
        await trx.updateTable('videos').set(back).where('id', '=', id).execute();
      }
      return { videos: ids, folders: true, news: cards(ids) };
    });
    for (const id of ids) this.#ids.delete(id);
  }

  /** A folder with all below it. Resolves to the videos that went with it. Rejects with `not_found`. */
  async putFolder(id: string): Promise<string[]> {
    const { videos } = await this.#options.journal.write(async (trx) => {
      const tree = await FolderTree.load(trx);
      tree.requireLive(id);
      const change = { trashed_at: new Date().toISOString(), trashed_with: id };
      const folders = tree.subtree(id).filter((row) => row.trashed_at === null);
      for (const row of folders) await writeFolder(trx, { ...row, ...change, slot: row.id });
      const within = folders.map((row) => row.id);
      const videos = await trx
        .selectFrom('videos')
        .select('id')
        .where('folder_id', 'in', within)
        .where('trashed_at', 'is', null)
        .execute();
      const ids = videos.map((video) => video.id);
      if (ids.length > 0) await trx.updateTable('videos').set(change).where('id', 'in', ids).execute();
      return { videos: ids, folders: true, news: cards(ids) };
    });
    this.#away(videos);
    return videos;
  }

  /** A folder with what was put there with it. Rejects with `not_found`. */
  async restoreFolder(id: string): Promise<Folder> {
    const { row, videos } = await this.#options.journal.write(async (trx) => {
      const tree = await FolderTree.load(trx);
      const top = tree.find(id);
      if (top?.trashed_with !== id) throw new Problem('not_found');
      const row = await comeBack(trx, tree, top);
      const live = { trashed_at: null, trashed_with: '' };
      for (const below of tree.subtree(id)) {
        if (below.id === id || below.trashed_with !== id) continue;
        await writeFolder(trx, { ...below, ...live, slot: normalise(below.name) });
      }
      const videos = await trx.selectFrom('videos').select('id').where('trashed_with', '=', id).execute();
      await trx.updateTable('videos').set(live).where('trashed_with', '=', id).execute();
      const ids = videos.map((video) => video.id);
      return { row, videos: ids, folders: true, news: cards(ids) };
    });
    for (const video of videos) this.#ids.delete(video);
    return describe(row);
  }

  /** Deletes for good all that lies here. Resolves to how many videos that were. */
  async empty(): Promise<number> {
    return this.#purge(new Date());
  }

  /** Deletes for good what has lain here for 30 days. */
  async sweep(): Promise<void> {
    await this.#purge(new Date(Date.now() - TRASH_DAYS * DAY_MS));
  }

  async #purge(until: Date): Promise<number> {
    const rows = (await this.#rows()).filter((row) => (row.trashed_at ?? '') <= until.toISOString());
    for (const { id } of rows) {
      await this.#options.deleteVideo(id).catch((error: unknown) => {
        if (Problem.from(error).code !== 'not_found') throw error; // it has gone by itself
      });
      this.#ids.delete(id);
    }
    await this.#options.journal.write(async (trx) => {
      await dropFolders(trx, until);
      return { folders: true };
    });
    return rows.length;
  }

  #rows(): Promise<Pick<VideoRow, 'id' | 'trashed_at'>[]> {
    const { db } = this.#options.journal;
    return db.selectFrom('videos').select(['id', 'trashed_at']).where('trashed_at', 'is not', null).execute();
  }

  #away(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
    if (ids.length > 0) this.#options.onPutAway(new Set(ids));
  }
}

/** Links stop and begin with their video: the host is told, as of every change of what a link shows. */
const cards = (ids: readonly string[]): HostNews[] => ids.map((videoId) => ({ type: 'card', videoId }));

const writeFolder = (trx: Trx, row: FolderRow) =>
  trx.updateTable('folders').set(row).where('id', '=', row.id).execute();

/** The folder a video may return to: its own, with those above it brought back, or the one that took its name. */
async function revive(trx: Trx, folderId: string): Promise<string> {
  const tree = await FolderTree.load(trx);
  let at = '';
  for (const row of tree.path(folderId)) {
    const taken = row.trashed_at === null ? row : tree.childNamed(at, row.name);
    if (!taken) {
      const live = { trashed_at: null, trashed_with: '', slot: normalise(row.name), parent_id: at };
      await writeFolder(trx, { ...row, ...live });
    }
    at = (taken ?? row).id;
  }
  return at;
}

/** A folder at its old place, or at the top where that has gone; `name (2)` where its name has been taken. */
async function comeBack(trx: Trx, tree: FolderTree, folder: FolderRow): Promise<FolderRow> {
  const parent = tree.find(folder.parent_id);
  const parent_id = parent && parent.trashed_at === null ? parent.id : '';
  let name = folder.name;
  for (let n = 2; tree.childNamed(parent_id, name); n++) name = `${folder.name.slice(0, 110)} (${n})`;
  const row = { ...folder, name, parent_id, slot: normalise(name), trashed_at: null, trashed_with: '' };
  await writeFolder(trx, row);
  return row;
}

/** Folders of the trash that hold nothing any more. */
async function dropFolders(trx: Trx, until: Date): Promise<void> {
  const tree = await FolderTree.load(trx);
  const used = new Set(
    (await trx.selectFrom('videos').select('folder_id').distinct().execute()).map((v) => v.folder_id),
  );
  const old = await trx
    .selectFrom('folders')
    .select('id')
    .where('trashed_at', '<=', until.toISOString())
    .execute();
  for (const { id } of old) {
    if (tree.subtree(id).some((row) => row.trashed_at === null || used.has(row.id))) continue;
    await trx.deleteFrom('folders').where('id', '=', id).execute();
  }
}
