import { type BulkAction, type BulkAnswer, Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import type { Journal } from './journal.ts';
import { requireFolder } from './library.ts';
import { distinctTags, tagsOf, writeTags } from './tags.ts';
import type { Trash } from './trash.ts';
import { normalise } from './wording.ts';

export interface BulkOptions {
  readonly journal: Journal;
  readonly trash: Trash;
  readonly deleteVideo: (id: string) => Promise<void>;
}

/** One change for many videos. What is there is changed whatever becomes of the others. */
export class Bulk {
  readonly #options: BulkOptions;

  constructor(options: BulkOptions) {
    this.#options = options;
  }

  /** Rejects with `not_found` where the folder of a move is not there. */
  async run(ids: readonly string[], action: BulkAction): Promise<BulkAnswer> {
    const { journal } = this.#options;
    const asked = [...new Set(ids)];
    const rows = await journal.db
      .selectFrom('videos')
      .selectAll()
      .where('id', 'in', asked)
      .where('replaces', '=', '')
      .execute();
    const found = new Set(rows.map((row) => row.id));
    const problems = new Map(
      asked.filter((id) => !found.has(id)).map((id) => [id, new Problem('not_found')]),
    );
    if (rows.length > 0) await this.#apply(rows, action, problems);
    return {
      results: ids.map((id) => {
        const problem = problems.get(id);
        return { id, problem: problem ? { code: problem.code, detail: problem.detail } : null };
      }),
    };
  }

  async #apply(rows: readonly VideoRow[], action: BulkAction, problems: Map<string, Problem>): Promise<void> {
    const { trash, deleteVideo } = this.#options;
    const ids = rows.map((row) => row.id);
    if (action.do === 'trash') return trash.put(ids);
    if (action.do === 'restore') return trash.restore(ids);
    if (action.do === 'move') return this.#move(ids, action.folderId);
    if (action.do === 'favorite') return this.#set(ids, { favorite: action.favorite ? 1 : 0 });
    if (action.do === 'tag') return this.#tag(rows, action);
    for (const id of ids) {
      await deleteVideo(id).catch((error: unknown) => problems.set(id, Problem.from(error)));
    }
  }

  async #move(ids: readonly string[], folderId: string | null): Promise<void> {
    await this.#options.journal.write(async (trx) => {
      if (folderId) await requireFolder(trx, folderId);
      await trx
        .updateTable('videos')
        .set({ folder_id: folderId ?? '' })
        .where('id', 'in', ids)
        .execute();
      return { videos: ids, folders: true };
    });
  }

  async #set(ids: readonly string[], change: Partial<VideoRow>): Promise<void> {
    await this.#options.journal.write(async (trx) => {
      await trx.updateTable('videos').set(change).where('id', 'in', ids).execute();
      return { videos: ids };
    });
  }

  async #tag(rows: readonly VideoRow[], { add, remove }: Extract<BulkAction, { do: 'tag' }>): Promise<void> {
    const gone = new Set(remove.map(normalise));
    await this.#options.journal.write(async (trx) => {
      for (const row of rows) {
        const kept = tagsOf(row).filter((tag) => !gone.has(normalise(tag)));
        await writeTags(trx, row, distinctTags([...kept, ...add]));
      }
      return { videos: rows.map((row) => row.id) };
    });
  }
}
