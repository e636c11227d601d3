import { Problem } from '@ptsdly/contract';
import type { FolderRow, MediaDatabase } from '../database.ts';
import type { Trx } from './journal.ts';
import { normalise } from './wording.ts';

/** All folders, those in the trash too, as they stood at one moment. */
export class FolderTree {
  readonly #rows: Map<string, FolderRow>;
  readonly #children = new Map<string, FolderRow[]>();

  private constructor(rows: readonly FolderRow[]) {
    this.#rows = new Map();
    for (const row of rows) this.add(row);
  }

  static async load(db: MediaDatabase | Trx): Promise<FolderTree> {
    return new FolderTree(await db.selectFrom('folders').selectAll().execute());
  }

  get size(): number {
    return this.#rows.size;
  }

  add(row: FolderRow): void {
    this.#rows.set(row.id, row);
    const siblings = this.#children.get(row.parent_id);
    if (siblings) siblings.push(row);
    else this.#children.set(row.parent_id, [row]);
  }

  find(id: string): FolderRow | undefined {
    return this.#rows.get(id);
  }

  /** Rejects with `not_found` where there is none, or it lies in the trash. */
  requireLive(id: string): FolderRow {
    const row = this.#rows.get(id);
    if (!row || row.trashed_at !== null)
      throw new Problem('not_found', { detail: 'There is no such folder.' });
    return row;
  }

  /** Not in the trash. */
  childNamed(parentId: string, name: string): FolderRow | undefined {
    const slot = normalise(name);
    return this.#children.get(parentId)?.find((row) => row.slot === slot && row.trashed_at === null);
  }

  /** A folder and all below it, from above; the trash included. */
  subtree(id: string): FolderRow[] {
    const own = this.#rows.get(id);
    return own ? [own, ...(this.#children.get(id) ?? []).flatMap((child) => this.subtree(child.id))] : [];
  }

  /** From the top down to a folder; stops at one that is gone. */
  path(id: string): FolderRow[] {
    const row = this.#rows.get(id);
    return row ? [...this.path(row.parent_id), row] : [];
  }

  depth(id: string): number {
    return this.path(id).length;
  }
}
